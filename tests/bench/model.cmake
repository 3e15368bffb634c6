# SPDX-License-Identifier: Apache-2.0
add_executable(model_bench ${CMAKE_CURRENT_LIST_DIR}/model_bench.cc)
target_link_libraries(model_bench PRIVATE
  continuo_base continuo_executor continuo_model continuo_flags benchmark::benchmark)
target_compile_definitions(model_bench PRIVATE
  CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}"
  CONTINUO_MODEL_SOURCE_DIR="${CMAKE_SOURCE_DIR}/models")
add_dependencies(model_bench continuo-executor-fused)
if(TARGET continuo-executor-torch)
  add_dependencies(model_bench continuo-executor-torch)
endif()
