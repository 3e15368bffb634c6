# SPDX-License-Identifier: GPL-3.0-or-later
# Where the headers of LMMS are: LMMS_SOURCE_DIR, else build/lmms-source, which
# packaging/lmms-headers fills.

# find_lmms_headers(out_includes out_missing): out_missing says in words what there is not.
function(find_lmms_headers out_includes out_missing)
  set(tree ${LMMS_SOURCE_DIR})
  if(NOT tree)
    set(tree ${CMAKE_SOURCE_DIR}/build/lmms-source)
  endif()
  set(${out_missing} "" PARENT_SCOPE)
  if(NOT EXISTS ${tree}/include/EffectControlDialog.h)
    set(${out_missing} "no LMMS headers in ${tree} (packaging/lmms-headers fetches them, or give -DLMMS_SOURCE_DIR=…)"
      PARENT_SCOPE)
    return()
  endif()
  # A bare checkout lacks the two headers that LMMS's own configuration writes.
  set(generated ${tree}/generated)
  if(NOT EXISTS ${generated}/lmmsconfig.h)
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/lmms-source)
    execute_process(
      COMMAND ${CMAKE_SOURCE_DIR}/packaging/lmms-headers --from ${tree} --dest ${copy}
      RESULT_VARIABLE failed ERROR_VARIABLE words OUTPUT_QUIET)
    if(failed)
      string(STRIP "${words}" words)
      set(${out_missing} "packaging/lmms-headers --from ${tree}: ${failed} ${words}" PARENT_SCOPE)
      return()
    endif()
    set(tree ${copy})
    set(generated ${copy}/generated)
  endif()
  # Master's build writes this one. For who takes a symbol the mark changes nothing; what is without it
  # master hides, and packaging/check-master finds.
  if(EXISTS ${tree}/include/SampleFrame.h AND NOT EXISTS ${generated}/lmms_export.h)
    set(export ${CMAKE_CURRENT_BINARY_DIR}/lmms-export)
    file(WRITE ${export}/lmms_export.h "#pragma once\n#define LMMS_EXPORT\n#define LMMS_NO_EXPORT\n")
    list(APPEND generated ${export})
  endif()
  set(${out_includes} ${tree}/include ${tree}/src/3rdparty/ringbuffer/include ${generated} PARENT_SCOPE)
endfunction()
