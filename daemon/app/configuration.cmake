# SPDX-License-Identifier: Apache-2.0
continuo_module(continuo_configuration
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/configuration.cc ${CMAKE_CURRENT_LIST_DIR}/configuration_kinds.cc
  LINK continuo_base tomlplusplus::tomlplusplus)
