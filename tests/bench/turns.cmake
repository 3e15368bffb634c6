# SPDX-License-Identifier: Apache-2.0
add_executable(turns_bench ${CMAKE_CURRENT_LIST_DIR}/turns_bench.cc)
target_link_libraries(turns_bench PRIVATE continuo_executor continuo_flags)
target_compile_definitions(turns_bench PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(turns_bench continuo-executor-fused)
