# SPDX-License-Identifier: Apache-2.0
continuo_test(generate_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_sampler_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_context_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_metrics_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_quality_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_randomise_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_text_test.cc
  LINK continuo_generate)
