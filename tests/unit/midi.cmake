# SPDX-License-Identifier: Apache-2.0
continuo_test(midi_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/midi_arrange_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_chain_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_comparison_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_lmms_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_maps_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_picture_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_smf_hostile_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_smf_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/midi_transform_test.cc
  LINK continuo_midi continuo_midi_picture)
