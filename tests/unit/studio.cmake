# SPDX-License-Identifier: Apache-2.0
continuo_test(studio_values_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/studio_notes_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/studio_recipe_test.cc
  LINK continuo_studio)
