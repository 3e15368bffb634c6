#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# systemd_test.sh CONTINUOD CONTINUOCTL UNIT_DIRECTORY
#
# The user units are valid for systemd, and the daemon takes its socket from a service manager: the
# first client starts it, a second client finds the same daemon, SIGTERM ends it with code 0.
set -euo pipefail

continuod=$1 continuoctl=$2 units=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/continuo-systemd.XXXXXX")
activator=

cleanup() {
  # The activator becomes the daemon by exec, so its id is the only one there is.
  if [[ -n $activator ]] && kill -0 "$activator" 2>/dev/null; then
    kill -KILL "$activator" 2>/dev/null || true
    wait "$activator" 2>/dev/null || true
  fi
  rm -rf -- "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAIL: %s\n' "$1" >&2
  [[ ! -s $work/log ]] || sed 's/^/  daemon: /' "$work/log" >&2
  exit 1
}

if ! type -P systemd-analyze systemd-socket-activate >/dev/null; then
  echo "SKIP: systemd-analyze and systemd-socket-activate are not installed"
  exit 77
fi

export HOME=$work/home XDG_RUNTIME_DIR=$work/run XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
unset CONTINUO_SOCKET
mkdir "$HOME" "$XDG_RUNTIME_DIR" "$work/units"

echo "== systemd-analyze verify"
cp "$units/continuod.socket" "$work/units/"
grep -q '^ExecStart=/usr/bin/continuod ' "$units/continuod.service" || fail "no ExecStart to replace"
sed "s|^ExecStart=/usr/bin/continuod |ExecStart=$continuod |" "$units/continuod.service" \
  >"$work/units/continuod.service"
SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --user --man=no --recursive-errors=no \
  "$work/units/continuod.service" "$work/units/continuod.socket" >"$work/verify" 2>&1 ||
  fail "systemd-analyze verify: $(<"$work/verify")"
# A misspelt key is only a warning to systemd-analyze; here it is an error.
if grep -n 'continuod\.' "$work/verify"; then fail "systemd-analyze has remarks on the units"; fi

echo "== socket activation"
socket=$work/run/daemon.sock
systemd-socket-activate -l "$socket" \
  -E HOME -E XDG_RUNTIME_DIR -E XDG_DATA_HOME -E XDG_CONFIG_HOME -E XDG_STATE_HOME -E XDG_CACHE_HOME \
  "$continuod" --foreground >"$work/log" 2>&1 &
activator=$!
for _ in $(seq 400); do
  [[ -S $socket ]] && break
  kill -0 "$activator" 2>/dev/null || fail "systemd-socket-activate ended early"
  sleep 0.05
done
[[ -S $socket ]] || fail "no socket at $socket"
[[ $(readlink "/proc/$activator/exe") == */systemd-socket-activate ]] ||
  fail "the daemon was started before there was a client"

"$continuoctl" --no-autostart --socket "$socket" --json status >"$work/first" || fail "the first status failed"
[[ $(readlink "/proc/$activator/exe") -ef $continuod ]] || fail "the first client started no daemon"
"$continuoctl" --no-autostart --socket "$socket" --json status >"$work/second" || fail "the second status failed"
grep -q . "$work/first" || fail "status printed nothing"
[[ $(readlink "/proc/$activator/exe") -ef $continuod ]] || fail "the daemon did not outlive its client"

echo "== clean end"
kill -TERM "$activator"
code=0
wait "$activator" || code=$?
activator=
((code == 0)) || fail "the daemon ended with code $code on SIGTERM"
echo "PASS"
