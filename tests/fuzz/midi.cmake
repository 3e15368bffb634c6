# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/smf_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/smf
foreach(name smf lmms chain)
  add_executable(${name}_fuzzer ${CMAKE_CURRENT_LIST_DIR}/${name}_fuzzer.cc)
  target_link_options(${name}_fuzzer PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name}_fuzzer PRIVATE continuo_midi continuo_flags)
endforeach()
add_executable(project_fuzzer ${CMAKE_CURRENT_LIST_DIR}/project_fuzzer.cc)
target_link_options(project_fuzzer PRIVATE -fsanitize=fuzzer)
target_link_libraries(project_fuzzer PRIVATE continuo_project continuo_flags)
