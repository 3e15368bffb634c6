# SPDX-License-Identifier: Apache-2.0
continuo_test(ipc_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/ipc_hostile_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_histogram_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_key_bus_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_mapping_guard_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_ring_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_segment_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_signal_group_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_statistics_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/ipc_wakeup_test.cc
  LINK continuo_ipc)
