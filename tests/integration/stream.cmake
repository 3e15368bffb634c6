# SPDX-License-Identifier: Apache-2.0
continuo_test(hostile_stream_test LABEL integration TIMEOUT 120
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/hostile_stream_test.cc
  LINK continuo_daemon_process continuo_client)
continuo_test(client_stream_test LABEL integration TIMEOUT 240
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/client_null_test.cc
  LINK continuo_daemon_process continuo_client)
# Silence needs a runner that says when its model rests.
if(EXISTS ${CMAKE_SOURCE_DIR}/daemon/stream/rest_detector.cc)
  target_sources(client_stream_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/client_rest_test.cc)
endif()
