# SPDX-License-Identifier: Apache-2.0
# The real daemon, started by tests in directories of their own (DaemonProcess).
add_library(continuo_daemon_process STATIC ${CMAKE_CURRENT_LIST_DIR}/daemon_process.cc)
target_link_libraries(continuo_daemon_process
  PUBLIC continuo_proto_services gRPC::grpc++
  PRIVATE continuo_flags)
target_include_directories(continuo_daemon_process PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(continuo_daemon_process PRIVATE
  CONTINUO_DAEMON_PATH="$<TARGET_FILE:continuod>"
  CONTINUO_TEST_MODELS="${CMAKE_SOURCE_DIR}/tests/models")
add_dependencies(continuo_daemon_process continuod continuo-runner continuo-executor-fake)

find_library(GRPCPP_REFLECTION grpc++_reflection REQUIRED)
continuo_test(daemon_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_admission_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_input_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_lanes_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_life_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_runner_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_start_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_status_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/daemon_subscribe_test.cc
  LINK continuo_base continuo_daemon_process continuo_client ${GRPCPP_REFLECTION})
target_compile_definitions(daemon_test PRIVATE CONTINUO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
continuo_test(supervisor_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_policy_test.cc
  LINK continuo_supervisor)
continuo_test(generation_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/generation_test.cc
  LINK continuo_daemon_process continuo_history)
