// SPDX-License-Identifier: Apache-2.0
// The shared memory segment of one stream: this header is its specification.
//
//  offset
//  0        ┌─────────────────────────────┐
//           │ Header            256 bytes │ written by the daemon before it is offered, then
//           constant
//  256      ├─────────────────────────────┤
//           │ ClientControl     128 bytes │ written by the client only
//  384      ├─────────────────────────────┤
//           │ RunnerControl     128 bytes │ written by the runner only
//  512      ├─────────────────────────────┤
//           │ input Signal       64 bytes │ client wakes runner
//  576      │ output Signal      64 bytes │ runner wakes client
//  640      ├─────────────────────────────┤
//           │ StatisticsBlock   192 bytes │ written by the runner behind a sequence lock
//  832      ├─────────────────────────────┤
//           │ (reserved to 1024)          │
//  1024     ├─────────────────────────────┤
//           │ 2 Histograms: wake, process │ written by the runner, 512 bytes each
//  2048     ├─────────────────────────────┤
//           │ 2 Histograms: return, wait  │ written by the client, 512 bytes each
//  3072     ├─────────────────────────────┤
//           │ input slot 0 … slots-1      │ client → runner, input_stride bytes each
//           ├─────────────────────────────┤
//           │ output slot 0 … slots-1     │ runner → client, output_stride bytes each
//  total    └─────────────────────────────┘
//
//  input slot:   InputBlock, 256 ParameterEvent, 256 MidiEvent,
//  float[channels][maximum_block_frames] output slot:  OutputBlock,
//  float[channels][maximum_block_frames]
//
// A ring has one producer and one consumer. Slot of index i is i % slots; an
// index counts blocks and wraps at 2^32. Each side keeps its own index privately
// and publishes it in its control block; it reads the other's with `acquire`,
// once, and checks 0 <= write - read <= slots before use. States of a slot:
//
//   free ──producer fills──► filled, unseen ──store(write, release)──► readable
//    ▲                                                                   │
//    └──────store(read, release)──────── being read ◄──load(write, acquire)
//
// Everything read from here was written by another process and may change at any
// moment: copy a word once, check the copy, use the copy. Nothing here is a
// pointer, a size_t or a lock. Byte order and float format are the machine's.
//
// Version: `abi` changes with any change to this file. docs/protocol.md lists them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace continuo::ipc {

inline constexpr std::uint32_t kSegmentMagic = 0x4F4E5443;  // "CTNO" in memory order
inline constexpr std::uint32_t kSegmentAbi = 2;

inline constexpr std::uint32_t kMaxChannels = 8;
inline constexpr std::uint32_t kMaxBlockFrames = 4096;
inline constexpr std::uint32_t kMaxParameters = 64;
inline constexpr std::uint32_t kMaxParameterEvents = 256;
inline constexpr std::uint32_t kMaxMidiEvents = 256;
inline constexpr std::uint32_t kSlots = 16;  // a power of two
inline constexpr std::uint32_t kMinSampleRateHz = 8000;
inline constexpr std::uint32_t kMaxSampleRateHz = 384000;

using SharedU32 = std::atomic<std::uint32_t>;
using SharedU64 = std::atomic<std::uint64_t>;

struct Header {
  std::uint32_t magic;
  std::uint32_t abi;
  std::uint64_t total_bytes;
  std::uint64_t stream_id;
  std::uint32_t generation;
  std::uint32_t sample_rate_hz;
  std::uint32_t channels;
  std::uint32_t maximum_block_frames;
  std::uint32_t slots;
  std::uint32_t input_stride_bytes;
  std::uint32_t output_stride_bytes;
  std::uint32_t input_offset_bytes;
  std::uint32_t output_offset_bytes;
  std::uint8_t reserved[196];
};

struct alignas(64) ClientControl {
  SharedU32 input_write;  // index of the next input block
  SharedU32 output_read;  // index of the next output block to read
  SharedU32 state;        // ClientState
  SharedU32 reserved0;
  SharedU64 heartbeat_ns;      // CLOCK_MONOTONIC, at each block
  SharedU64 blocks;            // given to Process()
  SharedU64 missed_blocks;     // without a result when it was due
  SharedU64 late_blocks;       // of these, answered afterwards
  SharedU32 pipelined_frames;  // of the mode in force; 0: direct
  std::uint8_t reserved[76];
};

struct alignas(64) RunnerControl {
  SharedU32 input_read;    // index of the next input block to read
  SharedU32 output_write;  // index of the next output block
  SharedU32 state;         // RunnerState
  SharedU32 reserved0;
  SharedU64 heartbeat_ns;  // CLOCK_MONOTONIC, at each block and every 50 ms
  SharedU32 cpu;           // where it ran last, counted from 1; 0: not known
  std::uint8_t reserved[100];
};

enum class ClientState : std::uint32_t { kAbsent = 0, kRunning = 1, kClosed = 2 };
enum class RunnerState : std::uint32_t { kAbsent = 0, kRunning = 1, kEnded = 2 };

// A wake-up: `sequence` counts notifications, `sleepers` is above 0 while the
// other side is, or is about to be, asleep.
struct alignas(64) Signal {
  SharedU32 sequence;
  SharedU32 sleepers;
  std::uint8_t reserved[56];
};

// The runner's figures. `lock` is odd while they are being written.
struct alignas(64) StatisticsBlock {
  SharedU32 lock;
  SharedU32 reserved0;
  SharedU64 blocks;
  SharedU64 frames;
  SharedU64 process_total_ns;
  SharedU64 process_max_ns;
  SharedU64 violations;
  SharedU64 non_finite_samples;
  SharedU64 dropped_results;
  std::uint8_t reserved[128];
};

// How long something took, in buckets of a quarter octave from 1 µs (histogram.h).
inline constexpr std::uint32_t kHistogramBuckets = 96;
struct alignas(64) HistogramBlock {
  SharedU64 maximum_ns;
  SharedU32 counts[kHistogramBuckets];  // wrap
  SharedU64 total_ns;                   // wraps
  std::uint8_t reserved[112];
};

enum TransportFlags : std::uint32_t {
  kTransportPlaying = 1U << 0,
  kTransportExporting = 1U << 1,
  kTransportLooping = 1U << 2,
  kTransportKnown = 1U << 31,  // the fields below are meaningful
};

struct Transport {
  double position_quarters;   // since the song's start, in quarter notes
  double bar_start_quarters;  // where the present bar began
  double tempo_bpm;
  std::uint32_t flags;  // TransportFlags
  std::uint16_t signature_numerator;
  std::uint16_t signature_denominator;
};

struct ParameterEvent {
  std::uint32_t frame;      // within the block
  std::uint32_t parameter;  // index in the manifest
  float value;              // natural unit
  std::uint32_t reserved;
};

struct MidiEvent {
  std::uint32_t frame;  // within the block
  std::uint32_t size;   // bytes used of `data`, 1 to 8
  std::uint8_t data[8];
};

enum BlockFlags : std::uint32_t {
  kBlockOffline = 1U << 0,  // the client waits as long as it takes
  kBlockReset = 1U << 1,    // start from the state of rest
};

struct InputBlock {
  std::uint64_t sequence;  // counts blocks from 0, never skipping
  std::uint64_t position;  // frame index since the stream began; may skip
  std::uint64_t host_time_ns;
  std::uint32_t frames;  // 1 to maximum_block_frames
  std::uint32_t flags;   // BlockFlags
  std::uint32_t parameter_event_count;
  std::uint32_t midi_event_count;
  Transport transport;
  std::uint64_t sent_ns;  // CLOCK_MONOTONIC, just before it was published
  std::uint32_t cpu;      // where the client ran then, counted from 1; 0: not known
  std::uint8_t reserved[44];
};

enum OutputFlags : std::uint32_t {
  kOutputFailed = 1U << 0,  // the model failed on this block: there is no audio
  // Model and resamplers are at rest: while the input stays silent, the last frame of this
  // block goes on for ever, and no more blocks need be sent.
  kOutputAtRest = 1U << 1,
};

struct OutputBlock {
  std::uint64_t sequence;    // of the input block it answers
  std::uint64_t position;    // of that block; sample i answers frame position + i
  std::uint64_t process_ns;  // model and resamplers
  std::uint32_t frames;
  std::uint32_t flags;         // OutputFlags
  std::uint64_t published_ns;  // CLOCK_MONOTONIC, just before it was published
  std::uint8_t reserved[24];
};

inline constexpr std::size_t kClientControlOffset = 256;
inline constexpr std::size_t kRunnerControlOffset = 384;
inline constexpr std::size_t kInputSignalOffset = 512;
inline constexpr std::size_t kOutputSignalOffset = 576;
inline constexpr std::size_t kStatisticsOffset = 640;
inline constexpr std::size_t kWakeHistogramOffset = 1024;     // sent to taken by the runner
inline constexpr std::size_t kProcessHistogramOffset = 1536;  // model and resamplers
inline constexpr std::size_t kReturnHistogramOffset = 2048;   // published to taken by the client
inline constexpr std::size_t kWaitHistogramOffset = 2560;     // what Process() has waited
inline constexpr std::size_t kRingsOffset = 3072;

inline constexpr std::size_t kInputAudioOffset = sizeof(InputBlock) +
                                                 kMaxParameterEvents * sizeof(ParameterEvent) +
                                                 kMaxMidiEvents * sizeof(MidiEvent);
inline constexpr std::size_t kOutputAudioOffset = sizeof(OutputBlock);

static_assert(SharedU32::is_always_lock_free && SharedU64::is_always_lock_free);
static_assert(sizeof(SharedU32) == 4 && sizeof(SharedU64) == 8);
static_assert(sizeof(Header) == 256 && offsetof(Header, output_offset_bytes) == 56);
static_assert(sizeof(ClientControl) == 128 && offsetof(ClientControl, heartbeat_ns) == 16);
static_assert(sizeof(RunnerControl) == 128 && offsetof(RunnerControl, heartbeat_ns) == 16);
static_assert(sizeof(Signal) == 64);
static_assert(sizeof(StatisticsBlock) == 192 && offsetof(StatisticsBlock, blocks) == 8);
static_assert(sizeof(HistogramBlock) == 512 && offsetof(HistogramBlock, counts) == 8 &&
              offsetof(HistogramBlock, total_ns) == 392);
static_assert(sizeof(Transport) == 32);
static_assert(sizeof(ParameterEvent) == 16 && sizeof(MidiEvent) == 16);
static_assert(sizeof(InputBlock) == 128 && offsetof(InputBlock, sent_ns) == 72);
static_assert(sizeof(OutputBlock) == 64);
static_assert(kStatisticsOffset + sizeof(StatisticsBlock) <= kWakeHistogramOffset);
static_assert(kWaitHistogramOffset + sizeof(HistogramBlock) == kRingsOffset);
static_assert(kInputAudioOffset % 64 == 0 && kOutputAudioOffset % 64 == 0);
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<InputBlock> &&
              std::is_trivially_copyable_v<OutputBlock>);

}  // namespace continuo::ipc
