# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET continuo-executor-torch)
  return()
endif()
find_package(Torch QUIET REQUIRED)
continuo_test(torch_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/torch_foreign_test.cc
  LINK continuo_executor)
target_include_directories(torch_test SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
target_link_libraries(torch_test PRIVATE ${TORCH_LIBRARIES})
target_compile_definitions(torch_test PRIVATE CONTINUO_EXECUTOR_DIR="${CONTINUO_EXECUTOR_DIR}")
add_dependencies(torch_test continuo-executor-torch)
