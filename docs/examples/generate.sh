#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A melody from a shell, without stubs and without a file of ours: the daemon itself says what its
# messages are (gRPC server reflection), curl carries them, protoc writes and reads them.
#
#   docs/examples/generate.sh 8 Dm 7
#
# Needs curl and protobuf-compiler, both of Debian 12, which has neither grpcurl nor grpc_cli. Where
# there is grpcurl, one line does the same:
#   grpcurl -plaintext -unix -d '{"task": "GENERATION_TASK_MELODY", "bars": 8, "key": "Dm"}' \
#     "$socket" continuo.v1.GenerationService/Generate
set -euo pipefail

bars=${1:-8} key=${2:-Dm} seed=${3:-7} model=${4:-}
socket=${CONTINUO_SOCKET:-${XDG_RUNTIME_DIR:?}/continuo/daemon.sock}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A big-endian number of four bytes.
number() { printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' \
  $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"; }

# call METHOD <message >frames: one gRPC call. On the wire a message is a zero, its length, its bytes.
call() {
  cat >"$work/message"
  { printf '\0'; number "$(stat -c %s "$work/message")"; cat "$work/message"; } >"$work/request"
  curl --silent --show-error --no-buffer --http2-prior-knowledge --unix-socket "$socket" \
    --header 'content-type: application/grpc' --header 'te: trailers' \
    --dump-header "$work/head" --data-binary "@$work/request" "http://localhost/$1"
  # The status comes after the answer, in the trailers.
  grep -qi '^grpc-status: 0' "$work/head" || {
    grep -i '^grpc-' "$work/head" >&2
    return 1
  }
}

# split PREFIX <frames: each message into a file of its own.
split() {
  cat >"$work/frames"
  local at=0 count=0 size end
  end=$(stat -c %s "$work/frames")
  while ((at < end)); do
    size=$((16#$(tail -c "+$((at + 2))" "$work/frames" | head -c 4 | od -An -tx1 | tr -d ' \n')))
    tail -c "+$((at + 6))" "$work/frames" | head -c "$size" >"$(printf '%s%04d' "$1" "$count")"
    at=$((at + 5 + size)) count=$((count + 1))
  done
}

# What the messages are: the answer's FileDescriptorResponse (field 4) has the very bytes of a
# FileDescriptorSet. The request is field 4, a symbol's name.
symbol=continuo.v1.GenerationService
printf '\x22%b%s' "$(printf '\\x%02x' ${#symbol})" "$symbol" |
  call grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo | split "$work/reflected."
cat >"$work/reflection.proto" <<'PROTO'
syntax = "proto3";
message Response { Files files = 4; }
message Files { repeated bytes file = 1; }
PROTO
cat >"$work/set.proto" <<'PROTO'
syntax = "proto3";
message Files { repeated bytes file = 1; }
PROTO
protoc -I"$work" --decode=Response reflection.proto <"$work/reflected.0000" |
  sed -n 's/^  file:/file:/p' |
  protoc -I"$work" --encode=Files set.proto >"$work/descriptors"

protoc --descriptor_set_in="$work/descriptors" --encode=continuo.v1.GenerateRequest \
  continuo/v1/generation_service.proto <<REQUEST |
task: GENERATION_TASK_MELODY bars: $bars key: "$key" seed: $seed model: "$model"
REQUEST
  call continuo.v1.GenerationService/Generate | split "$work/event."
for event in "$work"/event.*; do
  protoc --descriptor_set_in="$work/descriptors" --decode=continuo.v1.GenerateEvent \
    continuo/v1/generation_service.proto <"$event"
done
