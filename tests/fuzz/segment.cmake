# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets that spoil a stream's segment. Run: bin/segment_fuzzer
add_executable(segment_fuzzer ${CMAKE_CURRENT_LIST_DIR}/segment_fuzzer.cc)
target_compile_options(segment_fuzzer PRIVATE -fsanitize=fuzzer,address)
target_link_options(segment_fuzzer PRIVATE -fsanitize=fuzzer,address)
target_link_libraries(segment_fuzzer PRIVATE continuo_audio_path continuo_stream continuo_flags)
