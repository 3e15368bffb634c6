# SPDX-License-Identifier: Apache-2.0
continuo_test(fused_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fused_block_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_container_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_convolution_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_slim_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_film_tcn_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_inspect_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_load_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_recurrent_file_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_recurrent_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_reference_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_placing_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_tanh_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_wavenet_test.cc
  LINK continuo_executor continuo_fused)
target_compile_definitions(fused_test PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(fused_test continuo-executor-fused)
continuo_test(decoder_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fused_convert_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_safetensors_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fused_transformer_test.cc
  LINK continuo_executor continuo_fused)
target_compile_definitions(decoder_test PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(decoder_test continuo-executor-fused)
