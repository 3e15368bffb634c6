# SPDX-License-Identifier: Apache-2.0
continuo_test(job_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/job_board_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/job_cache_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/job_queue_test.cc
  LINK continuo_job)
