# SPDX-License-Identifier: Apache-2.0
continuo_test(generate_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_context_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_drum_places_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_metrics_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_quality_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_randomise_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_sampler_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_text_test.cc
  LINK continuo_generate)

continuo_test(generate_chorale_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_chorale_golden_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_chorale_tasks_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_chorale_test.cc
  LINK continuo_generate)
target_compile_definitions(generate_chorale_test PRIVATE
  CONTINUO_MODEL_SOURCE_DIR="${CMAKE_SOURCE_DIR}/models")

continuo_test(generate_melody_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_melody_golden_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/generate_melody_test.cc
  LINK continuo_generate)
target_compile_definitions(generate_melody_test PRIVATE
  CONTINUO_MODEL_SOURCE_DIR="${CMAKE_SOURCE_DIR}/models")

continuo_test(generate_groove_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_groove_test.cc
  LINK continuo_generate)

continuo_test(generate_workshop_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generate_workshop_test.cc
          ${CMAKE_SOURCE_DIR}/daemon/executor/fake/fake_decoder.cc
  LINK continuo_generate)
