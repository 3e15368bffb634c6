# SPDX-License-Identifier: Apache-2.0
# continuoctl as its users run it: the built programs, real files, a private daemon.
# The distribution's Python, which has the distribution's numpy.
# Those that say how much memory or time something takes have the machine alone.
set(alone fit memory memory_limit memory_parts)
foreach(name adopt confinement dependencies fit generate input memory memory_limit memory_parts metrics midi models process project repository verbs)
  add_test(NAME "integration: continuoctl ${name}"
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/ctl_${name}_test.py -v)
  set(serial OFF)
  if(name IN_LIST alone)
    set(serial ON)
  endif()
  set_tests_properties("integration: continuoctl ${name}" PROPERTIES
    LABELS integration COST 20 RUN_SERIAL ${serial} TIMEOUT 900
    ENVIRONMENT "CONTINUO_CTL=$<TARGET_FILE:continuoctl>;CONTINUO_DAEMON=$<TARGET_FILE:continuod>;CONTINUO_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1")
endforeach()

add_test(NAME "integration: examples"
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/examples_test.py -v)
set_tests_properties("integration: examples" PROPERTIES
  LABELS integration RUN_SERIAL ON TIMEOUT 900
  ENVIRONMENT "CONTINUO_CTL=$<TARGET_FILE:continuoctl>;CONTINUO_DAEMON=$<TARGET_FILE:continuod>;CONTINUO_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1")
