# SPDX-License-Identifier: Apache-2.0
add_executable(scope_bench ${CMAKE_CURRENT_LIST_DIR}/scope_bench.cc)
target_link_libraries(scope_bench PRIVATE continuo_scope continuo_flags benchmark::benchmark)
