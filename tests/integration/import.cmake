# SPDX-License-Identifier: Apache-2.0
# Foreign model files: through continuoctl with real TorchScript, and through gRPC.
if(TARGET continuo-executor-torch)
  foreach(name import import_json)
    add_test(NAME "integration: continuoctl ${name}"
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/ctl_${name}_test.py -v)
    set_tests_properties("integration: continuoctl ${name}" PROPERTIES
      LABELS integration COST 120 TIMEOUT 900
      ENVIRONMENT "CONTINUO_CTL=$<TARGET_FILE:continuoctl>;CONTINUO_DAEMON=$<TARGET_FILE:continuod>;CONTINUO_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endif()
continuo_test(import_test LABEL integration BESIDE
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_import_test.cc
  LINK continuo_daemon_process)
