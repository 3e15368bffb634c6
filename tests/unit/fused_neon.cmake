# SPDX-License-Identifier: Apache-2.0
add_test(NAME "fused: neon" COMMAND ${CMAKE_SOURCE_DIR}/packaging/check-neon)
set_tests_properties("fused: neon" PROPERTIES LABELS unit COST 60 TIMEOUT 300 SKIP_RETURN_CODE 77)
