# SPDX-License-Identifier: Apache-2.0
add_executable(realtime_kit_probe
  ${CMAKE_CURRENT_LIST_DIR}/realtime_kit_probe.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/realtime_kit.cc)
target_link_libraries(realtime_kit_probe PRIVATE continuo_base PkgConfig::SYSTEMD continuo_flags)
add_test(NAME "integration: realtime_kit"
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/realtime_kit_test.py)
set_tests_properties("integration: realtime_kit" PROPERTIES LABELS integration RUN_SERIAL ON TIMEOUT 300
  ENVIRONMENT "CONTINUO_RTKIT_PROBE=$<TARGET_FILE:realtime_kit_probe>")
