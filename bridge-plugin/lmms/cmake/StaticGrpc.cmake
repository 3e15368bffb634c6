# SPDX-License-Identifier: GPL-3.0-or-later
# -DCONTINUO_STATIC_GRPC=ON: gRPC and protobuf as part of the plugin, so that it runs where the
# distribution has others. They have to be archives that may go into a shared object.

# The file behind an imported target, for the configuration that is built.
function(_imported_file target out)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
  foreach(property IMPORTED_LOCATION_${configuration} IMPORTED_LOCATION IMPORTED_LOCATION_NOCONFIG
      IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_RELWITHDEBINFO)
    get_target_property(file ${target} ${property})
    if(file)
      set(${out} ${file} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${out} "" PARENT_SCOPE)
endfunction()

function(require_static_grpc)
  set(remedy "Build gRPC with -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON and name it in CMAKE_PREFIX_PATH, or leave CONTINUO_STATIC_GRPC off.")
  foreach(target protobuf::libprotobuf gRPC::grpc++)
    _imported_file(${target} file)
    string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${file}")
    if(NOT EXISTS "${archive}")
      message(FATAL_ERROR "CONTINUO_STATIC_GRPC: there is no archive beside ${file}. ${remedy}")
    endif()
    # Every object of the archive, as one shared object: what cannot be moved shows here.
    execute_process(
      COMMAND ${CMAKE_CXX_COMPILER} -shared -o ${CMAKE_CURRENT_BINARY_DIR}/static-grpc-check.so
        -Wl,--whole-archive ${archive} -Wl,--no-whole-archive
      RESULT_VARIABLE failed ERROR_VARIABLE words OUTPUT_QUIET)
    file(REMOVE ${CMAKE_CURRENT_BINARY_DIR}/static-grpc-check.so)
    if(failed)
      string(REGEX MATCH "relocation [^\n]*" words "${words}")
      message(FATAL_ERROR "CONTINUO_STATIC_GRPC: ${archive} cannot go into a plugin (${words}). ${remedy}")
    endif()
    if(file MATCHES "\\.so")
      message(FATAL_ERROR "CONTINUO_STATIC_GRPC: CMake found the shared ${file}. ${remedy}")
    endif()
  endforeach()
endfunction()
