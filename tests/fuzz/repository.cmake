# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/repository_index_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/repository_index
add_executable(repository_index_fuzzer ${CMAKE_CURRENT_LIST_DIR}/repository_index_fuzzer.cc)
target_link_options(repository_index_fuzzer PRIVATE -fsanitize=fuzzer)
target_link_libraries(repository_index_fuzzer PRIVATE continuo_repository continuo_flags)
