# SPDX-License-Identifier: Apache-2.0
continuo_test(model_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/model_archive_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_import_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_installer_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_license_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_lint_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_links_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_manifest_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_package_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_parameters_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_staging_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_store_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_variant_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/model_versions_test.cc
  LINK continuo_model PkgConfig::ARCHIVE)
target_compile_definitions(model_test PRIVATE CONTINUO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

continuo_test(configuration_test LABEL unit
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/configuration_file_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/configuration_text_test.cc
  LINK continuo_configuration)
target_compile_definitions(configuration_test PRIVATE CONTINUO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
