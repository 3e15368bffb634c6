// SPDX-License-Identifier: Apache-2.0
// A real-time audio stream through a model that runs in another process.
//
// Problem: a host's audio callback needs the result of a model that may crash,
// hang, or not be there yet, and must never pay for it with a missed period.
//
// Use:
//   StreamConfig config;  config.model_id = "drive";  config.sample_rate_hz = 44100; …
//   Stream stream(config);                       // returns at once
//   stream.Process(in, out, 256, {});            // dry until the daemon answers
//
// Layout: audio is planar float32, [channel][frame], nominal ±1. `in` and `out`
// may be the same memory.
// Threads: each function carries its role. [audio-thread] is whichever thread
// calls Process(), one at a time; [any-thread] may be called from every thread,
// the audio thread included; [main-thread] may block for milliseconds.
// A control thread, owned by the stream, connects, starts the daemon where there
// is none, reconnects, and restores every parameter.
// Real time: Process() does not allocate, lock, log or throw. It makes no system
// call but the wake-up and, in direct mode, a wait that ends at the deadline
// (tests/realtime proves it). In offline mode it waits for the result.
// Errors: none are returned; a stream that has no result in time gives the dry
// signal, delayed as the wet one would be, and counts. snapshot() tells why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shared/ipc/segment_layout.h"

namespace continuo::client {

enum class Mode : std::uint8_t {
  kAuto,       // direct while that works, else pipelined, and back (mode_governor.h)
  kDirect,     // wait for this block's result up to the deadline; adds no latency
  kPipelined,  // take the result of an earlier block; never waits
};

// How a mono model meets a stream of several channels; others take no notice.
enum class ChannelMode : std::uint8_t {
  kEach,  // each channel through the model, with a state of its own
  kMid,   // the mean of all channels once, given to all: half the work in stereo
};

struct StreamConfig {
  std::string model_id;       // empty: the stream stays dry
  std::string model_version;  // empty: the newest installed
  std::uint32_t sample_rate_hz = 48000;
  std::uint32_t channels = 2;
  std::uint32_t maximum_block_frames = 256;
  Mode mode = Mode::kAuto;
  ChannelMode channel_mode = ChannelMode::kEach;
  std::uint32_t pipelined_blocks = 1;  // latency of pipelined mode, in maximum blocks
  std::string wake;  // how the runner waits: "auto", "predict", "sleep"; empty: as it is configured
  double deadline = 0.5;             // share of a block's duration that direct mode may wait
  double offline_patience_s = 20.0;  // how long an offline block waits without a sign of life
  std::vector<std::pair<std::string, float>> parameters;  // by id; the rest take their default
  std::string client_name = "continuo client";
  std::string socket_path;  // empty: DefaultSocketPath()
  bool autostart = true;    // start the daemon where none answers
  std::string link_group;   // whose parameters it shares; empty: none
  // Key buses: its input under a name for other streams to take, and one that it takes (key_path.h)
  // into so many channels behind its own.
  std::string send_key;
  std::string take_key;
  std::uint32_t key_channels = 0;
  bool renders = false;  // every block will be offline: the daemon sets no core's time aside
};

// What the host tells about one block.
struct BlockContext {
  bool offline = false;  // the host exports: exactness before speed
  float wet_gain = 1.0F;
  float dry_gain = 0.0F;  // applied to the dry signal delayed by latency_frames
  ipc::Transport transport{};
  const ipc::ParameterEvent* parameter_events = nullptr;  // ascending frames
  std::uint32_t parameter_event_count = 0;
  const ipc::MidiEvent* midi_events = nullptr;  // ascending frames
  std::uint32_t midi_event_count = 0;
  std::uint64_t host_time_ns = 0;
  // Number of the host's period, the same for all streams that it calls in it; for key buses.
  std::uint64_t period = 0;  // 0: not known, and nothing goes over a bus
};

enum class Connection : std::uint8_t {
  kIdle,         // no model chosen
  kConnecting,   // looking for the daemon, starting it if need be
  kOpening,      // daemon found; the model is being loaded
  kConnected,    // sound can flow
  kRestarting,   // the runner ended or hangs; the daemon brings a new one
  kUnavailable,  // the daemon refused; `words` says why; tried again now and then
};

// Another parameter's value is from `minimum` to `maximum`.
struct Condition {
  std::string parameter;
  float minimum = 0, maximum = 0;
};

// One parameter of the model as opened, in the order of the indices.
struct ParameterInfo {
  std::string id, name, unit, description;
  float minimum = 0, maximum = 1, default_value = 0;
  bool logarithmic = false;
  bool advanced = false;
  std::vector<std::string> former_ids;  // that older versions of the model had for it
  std::vector<Condition> conditions;    // it matters where all of them hold (relevance.h)
};

struct Snapshot {
  Connection connection = Connection::kIdle;
  std::string words;  // one sentence for people: "connected", "the model 'x' is not installed"
  std::string model_name;
  std::string model_version;
  bool model_missing = false;             // the model is not installed, or not in that version
  std::vector<ParameterInfo> parameters;  // empty until the model is known
  bool mono_model = false;                // so that channel_mode matters
  bool takes_key = false;                 // the model can listen to a key
  Mode mode = Mode::kDirect;              // in force; never kAuto
  std::string mode_reason;                // "direct: costs 0.2 ms of 5.8"
  // Of the whole path, dry signal included: from the moment that it is connected.
  std::uint32_t latency_frames = 0;
  std::string link_group;  // that it shares its parameters with; somebody else may have set it
  std::uint64_t stream_id = 0;
  std::int32_t runner_pid = 0;
  std::uint32_t model_rate_hz = 0;
  double block_cost_us = 0;      // measured by the runner for the longest block
  std::uint64_t blocks = 0;      // given to Process()
  std::uint64_t sent = 0;        // of these, to the runner: not where silence needed no model
  std::uint64_t wet_blocks = 0;  // of these, with a result
  std::uint64_t missed = 0;      // without a result in time while connected
  std::uint64_t late = 0;        // of these, with a result afterwards
  bool at_rest = false;          // input and model are silent: nothing is sent
  std::uint64_t violations = 0;  // what the runner wrote was not valid
  double wait_p50_us = 0, wait_p99_us = 0, wait_max_us = 0;  // waited for a result in Process()
};

class Stream {
 public:
  explicit Stream(StreamConfig config);  // [main-thread]
  // [main-thread] never during Process(); waits for no daemon, whatever is under way.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Frames may vary from call to call, up to maximum_block_frames; a longer
  // block passes dry.
  void Process(const float* const* in, float* const* out, std::uint32_t frames,
               const BlockContext& context) noexcept;  // [audio-thread]

  // Forgets all audio in flight, as at a stop or a jump of the host.
  void Reset() noexcept;  // [audio-thread]

  // Takes effect at the next block. Kept, and given to every later connection.
  // Unknown ids are kept too: they may belong to a model that is not there yet.
  void SetParameter(const std::string& id, float value);  // [main-thread]
  // The same by index in snapshot().parameters.
  void SetParameter(std::uint32_t index, float value) noexcept;  // [any-thread]
  // The value in force; false for an index that is not there.
  [[nodiscard]] bool GetParameter(std::uint32_t index,
                                  float* value) const noexcept;  // [any-thread]

  // From now on it shares its parameters with the streams of this group and of the same model,
  // also of other programs, and takes those that the group has; empty: no more. While it exports
  // it does neither.
  void SetLinkGroup(const std::string& group);  // [main-thread]
  // The value in force from now on, whatever the group has, and nothing for the group to take:
  // what drives a parameter from here (automation) stays in charge of it.
  void KeepParameter(std::uint32_t index, float value);  // [main-thread]

  // Reopens with another model, rate, mode…; dry until it is ready.
  void Reconfigure(StreamConfig config);  // [main-thread]

  [[nodiscard]] Snapshot snapshot() const;  // [main-thread]

  // Latency in force, in frames. 0 until the first Process() of a connection.
  [[nodiscard]] std::uint32_t latency_frames() const noexcept;  // [any-thread]

  // True where a host may leave out Process() once its input has been silent for more than
  // latency_frames(), which it counts itself: the model has come to rest by the last block, in an
  // export as in play, so nothing of the sound would stand still. Also true where there is no
  // model.
  [[nodiscard]] bool may_rest() const noexcept;  // [any-thread]

  // Called on the control thread whenever snapshot() has changed, and when
  // somebody else has set a parameter; within a second where Process() has changed
  // the mode. Set it before the first change matters.
  void SetListener(std::function<void()> on_change);  // [main-thread]

  // Waits until the stream is connected or unavailable; false at the time-out.
  [[nodiscard]] bool WaitUntilSettled(double seconds);  // [main-thread]

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] const char* ToWords(Mode mode) noexcept;
[[nodiscard]] const char* ToWords(ChannelMode mode) noexcept;
[[nodiscard]] const char* ToWords(Connection connection) noexcept;

}  // namespace continuo::client
