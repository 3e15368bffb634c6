// SPDX-License-Identifier: Apache-2.0
// One side writes anything anywhere into the segment; the other stays within its
// memory, gives finite sound and comes to an end.
//
// Input: a sequence of steps. A step is one byte that chooses what happens, and
// for a write four that say where and as many as are left that say what.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "shared/client/audio_path.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/statistics.h"
#include "tests/unit/segment_pair.h"

namespace continuo {
namespace {

constexpr std::uint32_t kChannels = 2;
constexpr std::uint32_t kFrames = 64;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  [[nodiscard]] bool empty() const { return at_ == end_; }
  std::size_t Take(void* target, std::size_t count) {
    count = std::min(count, static_cast<std::size_t>(end_ - at_));
    std::memcpy(target, at_, count);
    at_ += count;
    return count;
  }
  template <typename T>
  T Take() {
    T value{};
    Take(&value, sizeof value);
    return value;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

// Rows of exactly the length of a block, each a piece of memory of its own.
struct GuardedRows {
  GuardedRows() {
    for (auto& row : rows) {
      row.reset(new float[kFrames]());
      pointers.push_back(row.get());
    }
  }
  std::unique_ptr<float[]> rows[kChannels];
  std::vector<float*> pointers;
};

void Check(bool condition) {
  if (!condition) std::abort();
}

class Prey {
 public:
  Prey()
      : bytes_(reinterpret_cast<std::byte*>(&pair_.client->header())),
        size_(ipc::TotalBytes(pair_.client->geometry())),
        consumer_(*pair_.runner, 4),
        producer_(*pair_.runner) {
    client::StreamConfig config;
    config.channels = kChannels;
    config.maximum_block_frames = kFrames;
    config.deadline = 0.01;
    config.offline_patience_s = 0.0001;
    path_ = std::make_unique<client::AudioPath>(config, &board_, &counters_, &connection_);
    auto link = std::make_unique<client::Link>(std::move(pair_.client));
    segment_ = link->segment.get();
    link->pipelined_frames = kFrames;
    link->adaptive_frames = kFrames;
    path_->links().Offer(std::move(link));
    for (std::uint32_t channel = 0; channel < kChannels; ++channel) {
      storage_->audio[channel] = in_.pointers[channel];
    }
  }

  void Step(Input& input) {
    switch (input.Take<std::uint8_t>() % 8) {
      case 0:
        Write(input, size_);
        break;
      case 1:
        Write(input, ipc::kRingsOffset);  // the header and all control words
        break;
      case 2:
        WriteIndex(input);
        break;
      case 3:
        Consume();
        break;
      case 4:
        Answer(input);
        break;
      default:
        Play(input);
        break;
    }
  }

 private:
  void Write(Input& input, std::size_t limit) {
    const std::size_t at = input.Take<std::uint32_t>() % limit;
    const std::size_t length = input.Take<std::uint8_t>();
    input.Take(bytes_ + at, std::min(length, limit - at));
  }
  // Indices near the truth get further than those far from it.
  void WriteIndex(Input& input) {
    ipc::SharedU32* words[] = {&segment_->client().input_write, &segment_->client().output_read,
                               &segment_->runner().input_read, &segment_->runner().output_write};
    ipc::SharedU32& word = *words[input.Take<std::uint8_t>() % 4];
    word.store(word.load() + static_cast<std::uint32_t>(input.Take<std::int8_t>()));
  }
  void Consume() {
    if (consumer_.ReadUntrusted(storage_.get()) != ipc::ReadResult::kRead) return;
    const ipc::InputBlock& block = storage_->block;
    Check(block.frames >= 1 && block.frames <= kFrames);
    Check(block.parameter_event_count <= ipc::kMaxParameterEvents);
    Check(block.midi_event_count <= ipc::kMaxMidiEvents);
    for (std::uint32_t i = 0; i < block.parameter_event_count; ++i) {
      const ipc::ParameterEvent& event = storage_->parameter_events[i];
      Check(event.frame < block.frames && event.parameter < 4 && std::isfinite(event.value));
    }
    for (std::uint32_t i = 0; i < block.midi_event_count; ++i) {
      const ipc::MidiEvent& event = storage_->midi_events[i];
      Check(event.frame < block.frames && event.size >= 1 && event.size <= sizeof event.data);
    }
    last_ = block;
  }
  // What an honest runner would write, or nearly.
  void Answer(Input& input) {
    ipc::OutputBlock block{};
    block.sequence = last_.sequence + static_cast<std::uint64_t>(input.Take<std::int8_t>() / 32);
    block.position = last_.position + static_cast<std::uint64_t>(input.Take<std::int8_t>() / 32);
    block.frames = std::clamp(last_.frames, 1U, kFrames);
    if (last_.frames % 3 == 0) block.flags = ipc::kOutputAtRest;
    static_cast<void>(producer_.TryWrite(block, in_.pointers.data()));
  }
  void Play(Input& input) {
    client::BlockContext context;
    const auto options = input.Take<std::uint8_t>();
    context.offline = options % 16 == 0;
    if (options % 16 == 1) path_->Reset();
    const std::uint32_t frames = 1 + options % kFrames;
    path_->Process(quiet_.pointers.data(), out_.pointers.data(), frames, context);
    for (std::uint32_t channel = 0; channel < kChannels; ++channel) {
      for (std::uint32_t i = 0; i < frames; ++i) Check(std::isfinite(out_.rows[channel][i]));
    }
    ipc::Statistics figures;
    static_cast<void>(ipc::TryReadUntrusted(segment_->statistics(), &figures));
  }

  test::SegmentPair pair_{kChannels, kFrames};
  std::byte* const bytes_;
  const std::size_t size_;
  client::ParameterBoard board_;
  client::AudioCounters counters_;
  std::atomic<client::Connection> connection_{client::Connection::kConnected};
  std::unique_ptr<client::AudioPath> path_;
  ipc::Segment* segment_ = nullptr;
  ipc::InputConsumer consumer_;
  ipc::OutputProducer producer_;
  std::unique_ptr<ipc::InputStorage> storage_ = std::make_unique<ipc::InputStorage>();
  GuardedRows in_, out_, quiet_;
  ipc::InputBlock last_{};
};

// An object with this header is mapped only where all of it agrees with the object's size: another
// geometry may come in, but never one whose rings reach past what was made.
void OpenWithHeader(Input& input) {
  const std::string name = test::FreshSegmentName();
  const ipc::Geometry geometry{1, 1, 48000, kChannels, kFrames};
  std::unique_ptr<ipc::Segment> made, opened;
  if (ipc::Segment::Create(name, geometry, &made) != ipc::SegmentError::kNone) return;
  const std::size_t at = input.Take<std::uint8_t>();
  input.Take(reinterpret_cast<std::byte*>(&made->header()) + at, sizeof(ipc::Header) - at);
  if (ipc::Segment::Open(name, &opened) == ipc::SegmentError::kNone) {
    Check(ipc::IsValid(opened->geometry()));
    const std::byte* const end =
        reinterpret_cast<const std::byte*>(&opened->header()) + ipc::TotalBytes(geometry);
    const std::byte* const last_slot = opened->OutputSlot(ipc::kSlots - 1);
    Check(last_slot + ipc::OutputStrideBytes(opened->geometry()) == end);
  }
  ipc::Segment::Remove(name);
}

}  // namespace
}  // namespace continuo

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  continuo::Input input(data, size);
  if (input.Take<std::uint8_t>() % 16 == 0) {
    continuo::OpenWithHeader(input);
    return 0;
  }
  continuo::Prey prey;
  while (!input.empty()) prey.Step(input);
  return 0;
}
