# SPDX-License-Identifier: Apache-2.0
continuo_test(preset_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/preset_folder_test.cc
  LINK continuo_preset)
