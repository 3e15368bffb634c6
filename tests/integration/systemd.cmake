# SPDX-License-Identifier: Apache-2.0
# The systemd user units, and socket activation of the built daemon.
add_test(NAME "integration: systemd units verify, and a socket starts the daemon"
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/systemd_test.sh $<TARGET_FILE:continuod> $<TARGET_FILE:continuoctl>
          ${CMAKE_SOURCE_DIR}/packaging/systemd)
set_tests_properties("integration: systemd units verify, and a socket starts the daemon"
  PROPERTIES LABELS integration RUN_SERIAL ON TIMEOUT 300 SKIP_RETURN_CODE 77)

add_test(NAME "integration: the packaging scripts refuse what they do not know"
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/packaging_test.sh ${CMAKE_SOURCE_DIR})
set_tests_properties("integration: the packaging scripts refuse what they do not know"
  PROPERTIES LABELS integration RUN_SERIAL ON TIMEOUT 300)
