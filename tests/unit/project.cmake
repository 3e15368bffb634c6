# SPDX-License-Identifier: Apache-2.0
continuo_test(project_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/project_clip_list_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_effects_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_generated_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_place_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_recipes_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_samples_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_sounds_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/project_upgrade_test.cc
  LINK continuo_project)
