# SPDX-License-Identifier: Apache-2.0
# Run: build/fuzz/bin/torchscript_fuzzer FOLDER_FOR_FINDS tests/fuzz/corpus/torchscript
if(NOT TARGET continuo-executor-torch)
  return()
endif()
find_package(Torch QUIET REQUIRED)
set(torch ${CMAKE_SOURCE_DIR}/daemon/executor/torch)
add_executable(torchscript_fuzzer ${CMAKE_CURRENT_LIST_DIR}/torchscript_fuzzer.cc
  ${torch}/foreign_model.cc ${torch}/inspect.cc ${torch}/native_model.cc ${torch}/nn_module.cc
  ${torch}/plain_module.cc ${torch}/torch_support.cc)
# Clang 14 cannot read the headers of LibTorch 1.13 as C++20.
set_target_properties(torchscript_fuzzer PROPERTIES CXX_STANDARD 17)
target_include_directories(torchscript_fuzzer SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
target_link_options(torchscript_fuzzer PRIVATE -fsanitize=fuzzer)
target_link_libraries(torchscript_fuzzer PRIVATE continuo_flags ${TORCH_LIBRARIES} absl::status absl::statusor absl::strings)
