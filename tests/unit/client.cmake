# SPDX-License-Identifier: Apache-2.0
continuo_test(client_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/client_audio_path_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_governor_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_hostile_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_key_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_late_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_midi_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_mix_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_offline_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_parameters_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_parts_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_relevance_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_rest_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_sharing_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/client_switch_test.cc
  LINK continuo_client)
