# SPDX-License-Identifier: Apache-2.0
continuo_test(supervisor_unit_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/supervisor_core_ledger_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/supervisor_cores_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/supervisor_link_groups_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/supervisor_meter_test.cc
  LINK continuo_supervisor)
continuo_test(service_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/service_metrics_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/service_model_watch_test.cc
  LINK continuo_service)
