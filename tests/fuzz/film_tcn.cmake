# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/film_tcn_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/film_tcn
add_executable(film_tcn_fuzzer ${CMAKE_CURRENT_LIST_DIR}/film_tcn_fuzzer.cc)
target_link_libraries(film_tcn_fuzzer PRIVATE continuo_executor continuo_fused continuo_flags)
target_link_options(film_tcn_fuzzer PRIVATE -fsanitize=fuzzer)
