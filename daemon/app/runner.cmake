# SPDX-License-Identifier: Apache-2.0
add_executable(continuo-runner
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/main.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/appraiser.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/confinement.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/control_channel.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/inspector.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/landlock.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/lanes.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/notes_host.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/realtime_kit.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/runner_host.cc
  ${CMAKE_SOURCE_DIR}/daemon/app/runner/wake_governor.cc)
target_link_libraries(continuo-runner PRIVATE
  continuo_generate continuo_stream continuo_executor continuo_base continuo_proto_internal CLI11::CLI11
  PkgConfig::SYSTEMD
  continuo_flags)
install(TARGETS continuo-runner RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
