# SPDX-License-Identifier: Apache-2.0
continuo_test(files_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/files_whole_file_test.cc
  LINK continuo_files)
