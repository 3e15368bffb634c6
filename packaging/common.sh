# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What packaging/demo, packaging/test and packaging/check share. To be sourced; sets $root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(basename "$0")

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$program" "$1" >&2
  exit "${2:-1}"
}

# logged NAME COMMAND…: the output goes to build/NAME.log, and its end to the terminal on failure.
logged() {
  local log=$root/build/$1.log code=0
  shift
  mkdir -p "$root/build"
  "$@" >"$log" 2>&1 </dev/null || code=$?
  ((code == 0)) && return 0
  tail -n 60 "$log" >&2
  printf '%s: failed with code %d; the whole output is in %s\n' "$program" "$code" "$log" >&2
  return "$code"
}

job_count() { printf '%s\n' "${CONTINUO_JOBS:-$(nproc)}"; }

# configure [CMAKE_OPTION…]
# shellcheck disable=SC2120
configure() {
  cd "$root" || return
  logged configure cmake --preset release "$@" || return 1
  # CMake's one line about a part that is left out belongs on the terminal.
  grep -F 'left out' "$root/build/configure.log" | sed 's/^-- //' || true
}

# build [TARGET…]: all of the release build, or the targets named
# shellcheck disable=SC2120
build() {
  cd "$root" || return
  logged build nice cmake --build --preset release --parallel "$(job_count)" ${1:+--target "$@"}
}
