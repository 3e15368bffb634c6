# SPDX-License-Identifier: Apache-2.0
continuo_test(base_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/base_bytes_in_words_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_datagram_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_file_lock_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_log_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_mapped_file_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_paths_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_process_memory_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_processor_time_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_read_file_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_thread_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/base_version_test.cc
  LINK continuo_base)
if(NOT CONTINUO_SANITIZE)  # sanitizers bring an allocator of their own
  continuo_test(base_allocator_test LABEL unit
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/base_allocator_test.cc
    LINK continuo_base)
endif()
