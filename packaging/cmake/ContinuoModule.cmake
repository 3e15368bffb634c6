# SPDX-License-Identifier: Apache-2.0
# How every target of the tree is compiled.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(continuo_flags INTERFACE)
target_compile_options(continuo_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wundef -Werror)
target_include_directories(continuo_flags INTERFACE ${CMAKE_SOURCE_DIR})
if("thread" IN_LIST CONTINUO_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC warns that it does not see fences; those of the statistics order atomics only.
  add_compile_options(-Wno-tsan)
endif()
if("thread" IN_LIST CONTINUO_SANITIZE)
  # Protobuf's maps have other members under this sanitizer, and its library was built without.
  add_compile_options(-U__SANITIZE_THREAD__)
endif()
if(CONTINUO_BUILD_FUZZ)
  # The code under test, not the fuzzer alone: else it neither guides nor is watched.
  add_compile_options(-fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address)
endif()
foreach(sanitizer IN LISTS CONTINUO_SANITIZE)
  add_compile_options(-fsanitize=${sanitizer} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizer})
endforeach()

# continuo_module(name [UNITY] SOURCES … LINK …): one static library a folder. With UNITY several
# files are compiled at once: for rooms whose files are short beside the messages that they include.
function(continuo_module name)
  cmake_parse_arguments(ARG "UNITY" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  if(ARG_UNITY AND CONTINUO_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE continuo_flags)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# continuo_executor(name SOURCES … LINK …): a module that the runner opens by name.
function(continuo_executor name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(continuo-executor-${name} MODULE ${ARG_SOURCES})
  target_link_libraries(continuo-executor-${name} PRIVATE ${ARG_LINK} continuo_flags)
  target_include_directories(continuo-executor-${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(continuo-executor-${name} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CONTINUO_EXECUTOR_DIR})
endfunction()
