# SPDX-License-Identifier: Apache-2.0
continuo_test(scope_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/scope_gain_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/scope_loudness_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/scope_meter_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/scope_spectrum_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/scope_tap_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/scope_transfer_test.cc
  LINK continuo_scope Threads::Threads)
