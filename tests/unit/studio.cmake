# SPDX-License-Identifier: Apache-2.0
continuo_test(studio_notes_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/studio_notes_test.cc
  LINK continuo_studio)
