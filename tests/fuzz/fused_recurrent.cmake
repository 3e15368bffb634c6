# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/guitarml_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/guitarml
# tests/fuzz/make_recurrent_corpus.py wrote the corpus.
foreach(name guitarml rtneural)
  add_executable(${name}_fuzzer ${CMAKE_CURRENT_LIST_DIR}/${name}_fuzzer.cc)
  target_link_options(${name}_fuzzer PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name}_fuzzer PRIVATE continuo_fused continuo_flags)
endforeach()
