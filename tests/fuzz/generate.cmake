# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/musical_text_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/musical_text
foreach(name musical_text reference)
  add_executable(${name}_fuzzer ${CMAKE_CURRENT_LIST_DIR}/${name}_fuzzer.cc)
  target_link_options(${name}_fuzzer PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name}_fuzzer PRIVATE continuo_generate continuo_flags)
endforeach()
