# SPDX-License-Identifier: Apache-2.0
if(NOT CONTINUO_SANITIZE)  # a sanitizer maps terabytes, and forks as it likes
  continuo_test(runner_test LABEL unit
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/runner_confinement_test.cc
            ${CMAKE_SOURCE_DIR}/daemon/app/runner/confinement.cc
            ${CMAKE_SOURCE_DIR}/daemon/app/runner/landlock.cc
    LINK continuo_base absl::status absl::statusor absl::strings)
  target_include_directories(runner_test PRIVATE ${CMAKE_SOURCE_DIR})
endif()
