# SPDX-License-Identifier: Apache-2.0
continuo_module(continuo_configuration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/configuration.cc ${CMAKE_CURRENT_LIST_DIR}/configuration_kinds.cc
          ${CMAKE_CURRENT_LIST_DIR}/configuration_repositories.cc
  LINK continuo_base continuo_memory continuo_repository tomlplusplus::tomlplusplus)
