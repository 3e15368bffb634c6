# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncurses)
add_executable(continuoctl
  ctl/audio_callback.cc
  ctl/audio_input.cc
  ctl/audio_output.cc
  ctl/bench.cc
  ctl/bench_run.cc
  ctl/bench_streams.cc
  ctl/bundle_samples.cc
  ctl/context.cc
  ctl/credits.cc
  ctl/doctor/cpu.cc
  ctl/doctor/daemon.cc
  ctl/doctor/doctor.cc
  ctl/doctor/gpu.cc
  ctl/doctor/inference.cc
  ctl/doctor/lmms.cc
  ctl/doctor/probe.cc
  ctl/doctor/real_time.cc
  ctl/doctor/shared_memory.cc
  ctl/events.cc
  ctl/failure.cc
  ctl/fit.cc
  ctl/futex_ping_pong.cc
  ctl/generate.cc
  ctl/generate_options.cc
  ctl/generate_run.cc
  ctl/generate_view.cc
  ctl/history.cc
  ctl/history_compare.cc
  ctl/history_derive.cc
  ctl/interrupt.cc
  ctl/jobs.cc
  ctl/lmms_folders.cc
  ctl/main.cc
  ctl/many_streams.cc
  ctl/memory.cc
  ctl/memory_notice.cc
  ctl/midi.cc
  ctl/midi_analyse.cc
  ctl/midi_file.cc
  ctl/midi_info.cc
  ctl/midi_model.cc
  ctl/midi_reference.cc
  ctl/midi_roll.cc
  ctl/model.cc
  ctl/models.cc
  ctl/models_care.cc
  ctl/models_fit.cc
  ctl/models_import.cc
  ctl/models_install.cc
  ctl/models_optimize.cc
  ctl/models_search.cc
  ctl/models_update.cc
  ctl/models_versions.cc
  ctl/open_stream.cc
  ctl/output_file.cc
  ctl/process.cc
  ctl/progress.cc
  ctl/project.cc
  ctl/project_adopt.cc
  ctl/project_bundle.cc
  ctl/project_check.cc
  ctl/project_parts.cc
  ctl/project_place.cc
  ctl/project_upgrade.cc
  ctl/proto_json.cc
  ctl/recipe_source.cc
  ctl/render.cc
  ctl/repo.cc
  ctl/scheduling.cc
  ctl/settings.cc
  ctl/status.cc
  ctl/stream.cc
  ctl/stream_table.cc
  ctl/text.cc
  ctl/top.cc
  ctl/top_terminal.cc
  ctl/top_view.cc
  ctl/zip_file.cc)
target_link_libraries(continuoctl PRIVATE
  continuo_flags continuo_base continuo_client continuo_executor continuo_generate continuo_memory continuo_midi
  continuo_midi_picture
  continuo_model continuo_project continuo_repository continuo_studio
  continuo_proto_services
  CLI11::CLI11 nlohmann_json::nlohmann_json spdlog::spdlog PkgConfig::SNDFILE PkgConfig::NCURSES
  Threads::Threads ${CMAKE_DL_LIBS})
# Where Debian's LMMS has its plugins.
target_compile_definitions(continuoctl PRIVATE
  CONTINUO_MULTIARCH="${CMAKE_LIBRARY_ARCHITECTURE}")
install(TARGETS continuoctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
