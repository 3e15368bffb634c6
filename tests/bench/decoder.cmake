# SPDX-License-Identifier: Apache-2.0
add_executable(decoder_bench ${CMAKE_CURRENT_LIST_DIR}/decoder_bench.cc)
target_link_libraries(decoder_bench PRIVATE continuo_executor continuo_fused continuo_flags)
target_compile_definitions(decoder_bench PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(decoder_bench continuo-executor-fused)
if(TARGET continuo-executor-torch)
  add_dependencies(decoder_bench continuo-executor-torch)
endif()
