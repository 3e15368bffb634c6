# SPDX-License-Identifier: Apache-2.0
add_test(NAME "unit: architecture"
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/architecture_test.py ${CMAKE_SOURCE_DIR})
set_tests_properties("unit: architecture" PROPERTIES LABELS unit TIMEOUT 300)
add_test(NAME "unit: guide"
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/guide_test.py ${CMAKE_SOURCE_DIR})
set_tests_properties("unit: guide" PROPERTIES LABELS unit TIMEOUT 300)
