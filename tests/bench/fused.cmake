# SPDX-License-Identifier: Apache-2.0
# The peak is measured with each instruction set, so it is compiled as the kernels are.
add_executable(fused_bench ${CMAKE_CURRENT_LIST_DIR}/fused_bench.cc)
target_link_libraries(fused_bench PRIVATE
  continuo_executor continuo_fused continuo_flags benchmark::benchmark)
target_compile_definitions(fused_bench PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(fused_bench continuo-executor-fused)
if(TARGET continuo-executor-torch)
  add_dependencies(fused_bench continuo-executor-torch)
endif()
