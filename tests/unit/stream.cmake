# SPDX-License-Identifier: Apache-2.0
continuo_test(stream_test LABEL unit COST 15
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/stream_controls_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_cut_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_grid_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_macro_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_rate_converter_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_rest_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_signal_path_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_smoother_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_together_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_wake_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_lane_batch_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_lane_pace_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_lane_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/stream_worker_test.cc
  LINK continuo_stream)
# Burns a core at real-time priority: not beside others.
continuo_test(stream_starve_test LABEL realtime
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/stream_starve_test.cc
  LINK continuo_stream)
