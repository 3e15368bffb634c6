# SPDX-License-Identifier: Apache-2.0
continuo_test(hostile_stream_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/hostile_cut_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/hostile_stream_test.cc
  LINK continuo_daemon_process continuo_client)
continuo_test(client_stream_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/client_hangup_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_latency_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_null_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_rest_test.cc
  LINK continuo_daemon_process continuo_client)
continuo_test(stream_controls_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/stream_controls_test.cc
  LINK continuo_daemon_process continuo_ipc)
continuo_test(link_test LABEL integration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/key_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/link_test.cc
  LINK continuo_daemon_process continuo_client)
target_compile_definitions(link_test PRIVATE CONTINUO_MODEL_SOURCE_DIR="${CMAKE_SOURCE_DIR}/models")
add_dependencies(link_test continuo-executor-fused)
