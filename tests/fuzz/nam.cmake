# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/nam_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/nam
# tests/fuzz/nam_corpus.py wrote the corpus.
add_executable(nam_fuzzer ${CMAKE_CURRENT_LIST_DIR}/nam_fuzzer.cc)
target_link_options(nam_fuzzer PRIVATE -fsanitize=fuzzer)
target_link_libraries(nam_fuzzer PRIVATE continuo_fused continuo_flags)
