#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# packaging_test.sh SOURCE_DIRECTORY
#
# The scripts of packaging/ refuse what they do not know, say what to do where they cannot go on,
# and leave nothing half-written.
set -euo pipefail

packaging=$1/packaging
work=$(mktemp -d "${TMPDIR:-/tmp}/continuo-packaging.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# expect CODE WORDS COMMAND…: ends with the code, and its error output has the words
expect() {
  local wanted=$1 words=$2 code=0
  shift 2
  "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  if ((code != wanted)) || ! grep -qF -- "$words" "$work/err"; then
    printf 'FAIL: %s\n  code %d, wanted %d with "%s"\n' "$*" "$code" "$wanted" "$words" >&2
    sed 's/^/  /' "$work/err" >&2
    exit 1
  fi
}

# A system that has a shell and its tools, and no apt.
mkdir "$work/bin"
for tool in bash dirname sed awk paste grep mkdir mktemp rm uname cat; do
  ln -s "$(type -P "$tool")" "$work/bin/"
done
elsewhere=(env "PATH=$work/bin")

for script in dependencies lmms-headers demo test check fuzz sanitize; do
  "$packaging/$script" --help | grep -q '^Usage: packaging/' || expect 0 'Usage' "$packaging/$script" --help
done

expect 2 "no fuzzer 'brass'" "$packaging/fuzz" brass
expect 2 '--seconds takes' "$packaging/fuzz" --seconds soon
expect 2 "thread or address, not 'memory'" "$packaging/sanitize" memory
expect 2 "no test program 'brass_test'" "$packaging/sanitize" thread brass_test
expect 2 'name a group' "$packaging/dependencies"
expect 2 "no group 'brass'" "$packaging/dependencies" brass
expect 2 'unknown option: --all' "$packaging/dependencies" --all
expect 3 'packaging/dependencies.list' "${elsewhere[@]}" "$packaging/dependencies" build
"$packaging/dependencies" --list build | grep -qx 'cmake'

expect 2 'unknown option: --all' "$packaging/lmms-headers" --all
expect 2 "$work is not an LMMS source tree" "$packaging/lmms-headers" --dest "$work/lmms" --from "$work"
expect 3 '--from' "${elsewhere[@]}" "$packaging/lmms-headers" --dest "$work/lmms"
[[ ! -e $work/lmms ]]

# An LMMS tree of the least that counts as one.
mkdir -p "$work/tree/include"
: >"$work/tree/include/lmms_basics.h"
printf 'SET(VERSION_%s\t"%s")\n' MAJOR 1 MINOR 2 RELEASE 2 STAGE rc7 >"$work/tree/CMakeLists.txt"
"$packaging/lmms-headers" --dest "$work/lmms" --from "$work/tree" >/dev/null
grep -qx '#define LMMS_VERSION "1.2.2-rc7"' "$work/lmms/generated/lmmsversion.h"
grep -qx '#define LMMS_HAVE_STK' "$work/lmms/generated/lmmsconfig.h"

expect 2 'unknown option: --fast' "$packaging/demo" --fast
expect 2 '--period needs a value' "$packaging/demo" --period
expect 2 "not '3'" "$packaging/demo" --oversampling 3
expect 2 'unknown check: spelling' "$packaging/check" spelling
echo "PASS"
