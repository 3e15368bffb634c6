# SPDX-License-Identifier: Apache-2.0
continuo_test(repository_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/repository_download_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/repository_index_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/repository_install_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/repository_known_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/repository_search_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/repository_signature_test.cc
  LINK continuo_repository)
