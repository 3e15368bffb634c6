# SPDX-License-Identifier: Apache-2.0
add_executable(continuod
  ${CMAKE_CURRENT_LIST_DIR}/continuod.cc
  ${CMAKE_CURRENT_LIST_DIR}/continuod/background.cc
  ${CMAKE_CURRENT_LIST_DIR}/continuod/command_line.cc
  ${CMAKE_CURRENT_LIST_DIR}/continuod/daemon.cc
  ${CMAKE_CURRENT_LIST_DIR}/continuod/listening_socket.cc
  ${CMAKE_CURRENT_LIST_DIR}/continuod/service_manager.cc)
target_link_libraries(continuod PRIVATE
  continuo_service continuo_configuration continuo_fit continuo_supervisor continuo_job continuo_history continuo_repository
  continuo_memory continuo_model continuo_base
  CLI11::CLI11 continuo_flags)
install(TARGETS continuod RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
