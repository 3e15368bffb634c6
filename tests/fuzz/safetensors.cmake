# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/safetensors_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/safetensors
# tests/fuzz/make_safetensors_corpus.py wrote the corpus.
add_executable(safetensors_fuzzer ${CMAKE_CURRENT_LIST_DIR}/safetensors_fuzzer.cc)
target_link_options(safetensors_fuzzer PRIVATE -fsanitize=fuzzer)
target_link_libraries(safetensors_fuzzer PRIVATE continuo_fused continuo_flags)
