# SPDX-License-Identifier: Apache-2.0
continuo_test(executor_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/executor_measure_test.cc
  LINK continuo_executor)
