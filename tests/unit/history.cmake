# SPDX-License-Identifier: Apache-2.0
continuo_test(history_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/history_adopt_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/history_damage_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/history_list_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/history_prune_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/history_record_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/history_schema_test.cc
  LINK continuo_history)

# Killed at each of its system calls, which it counts by being found before the C library.
add_executable(history_victim ${CMAKE_CURRENT_LIST_DIR}/history_victim.cc
                              ${CMAKE_CURRENT_LIST_DIR}/counted_calls.cc)
target_link_libraries(history_victim PRIVATE continuo_history continuo_flags ${CMAKE_DL_LIBS})
set_target_properties(history_victim PROPERTIES ENABLE_EXPORTS ON CXX_VISIBILITY_PRESET default)
continuo_test(history_kill_test LABEL unit TIMEOUT 600
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/history_kill_test.cc
  LINK continuo_history)
add_dependencies(history_kill_test history_victim)
target_compile_definitions(history_kill_test PRIVATE
  HISTORY_VICTIM="$<TARGET_FILE:history_victim>")
