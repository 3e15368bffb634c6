# SPDX-License-Identifier: Apache-2.0
continuo_test(memory_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/memory_amounts_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/memory_budget_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/memory_figures_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/memory_pressure_test.cc
  LINK continuo_memory)
