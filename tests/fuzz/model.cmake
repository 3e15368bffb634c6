# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/manifest_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/manifest
foreach(name archive manifest configuration import)
  add_executable(${name}_fuzzer ${CMAKE_CURRENT_LIST_DIR}/${name}_fuzzer.cc)
  target_link_options(${name}_fuzzer PRIVATE -fsanitize=fuzzer)
endforeach()
target_link_libraries(archive_fuzzer PRIVATE continuo_model continuo_flags PkgConfig::ZSTD)
target_link_libraries(import_fuzzer PRIVATE continuo_model continuo_flags)
target_link_libraries(manifest_fuzzer PRIVATE continuo_model continuo_stream continuo_flags)
target_link_libraries(configuration_fuzzer PRIVATE continuo_configuration continuo_flags)
