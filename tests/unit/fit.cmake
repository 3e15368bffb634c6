# SPDX-License-Identifier: Apache-2.0
continuo_test(fit_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fit_assess_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fit_plan_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fit_recommend_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fit_workbench_test.cc
  LINK continuo_fit)
