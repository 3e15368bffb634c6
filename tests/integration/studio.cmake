# SPDX-License-Identifier: Apache-2.0
continuo_test(studio_test LABEL integration BESIDE
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/studio_offer_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/studio_test.cc
  LINK continuo_daemon_process continuo_repository continuo_studio)
