// SPDX-License-Identifier: Apache-2.0
// Parameters, MIDI and transport reach the model at their frame, whatever lies in between.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "daemon/stream/signal_path.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Rows;

constexpr std::uint32_t kModelRate = 48000;
constexpr std::uint32_t kMaximum = 512;
const std::vector<std::uint32_t> kCut = {512, 1, 63, 64, 441, 2, 300};

// The input times parameter 0, and an impulse for each note that begins.
ProcessError Sound(const ProbeCall& call) {
  const ProcessError done = ProbeModel::Gain(call);
  for (std::uint32_t i = 0; i < call.block->midi_count; ++i) {
    const executor::MidiEvent& event = call.block->midi[i];
    if (event.frame >= call.frames) return ProcessError::kFailed;
    if (event.data[0] == 0x90) call.out[0][event.frame] += static_cast<float>(event.data[2]) / 127;
  }
  return done;
}

// The host's position, frame by frame; -1 where it is not known.
ProcessError Position(const ProbeCall& call) {
  const executor::Transport* transport = call.block->transport;
  for (std::uint32_t i = 0; i < call.frames; ++i) {
    call.out[0][i] =
        transport == nullptr
            ? -1.0F
            : static_cast<float>(
                  transport->position_quarters +
                  (transport->playing ? i * transport->tempo_bpm / 60.0 / kModelRate : 0.0));
  }
  return ProcessError::kNone;
}

SignalPathConfig Config(std::uint32_t rate) {
  SignalPathConfig config;
  config.sample_rate_hz = rate;
  config.channels = 1;
  config.maximum_block_frames = kMaximum;
  config.wants_midi = true;
  config.wants_transport = true;
  config.parameters = {{0.0F, 10.0F, 1.0F, 0.0}};
  return config;
}

// What falls into the blocks of a signal, in absolute frames.
struct Song {
  std::vector<ipc::ParameterEvent> parameters;
  std::vector<ipc::MidiEvent> midi;
  std::vector<float> audio;
  ipc::Transport (*transport)(std::uint64_t frame, std::uint32_t rate) = nullptr;
};

template <typename Event>
std::vector<Event> Within(const std::vector<Event>& all, std::uint32_t begin, std::uint32_t end) {
  std::vector<Event> found;
  for (Event event : all) {
    if (event.frame < begin || event.frame >= end) continue;
    event.frame -= begin;
    found.push_back(event);
  }
  return found;
}

std::vector<float> Play(SignalPath& path, const Song& song, std::uint32_t rate,
                        const std::vector<std::uint32_t>& lengths) {
  std::vector<float> result;
  Rows in(1, kMaximum), out(1, kMaximum);
  for (std::size_t block = 0; result.size() < song.audio.size(); ++block) {
    const auto begin = static_cast<std::uint32_t>(result.size());
    const auto left = static_cast<std::uint32_t>(song.audio.size()) - begin;
    const std::uint32_t length = std::min(lengths[block % lengths.size()], left);
    std::copy_n(song.audio.data() + begin, length, in[0]);
    const auto parameters = Within(song.parameters, begin, begin + length);
    const auto midi = Within(song.midi, begin, begin + length);
    ipc::Transport transport{};
    if (song.transport != nullptr) transport = song.transport(begin, rate);
    REQUIRE(path.Process(in.From(), out.From(), length, {parameters, midi, &transport}));
    result.insert(result.end(), out[0], out[0] + length);
  }
  return result;
}

std::vector<float> Play(ProbeModel::Work work, const Song& song, std::uint32_t rate,
                        const std::vector<std::uint32_t>& lengths, std::uint32_t longest = 4096) {
  ProbeModel model(Mono(kModelRate, longest), std::move(work));
  auto path = SignalPath::Make(model, Config(rate));
  REQUIRE(path.ok());
  return Play(**path, song, rate, lengths);
}

std::size_t Peak(const std::vector<float>& signal) {
  return static_cast<std::size_t>(std::max_element(signal.begin(), signal.end()) - signal.begin());
}

ipc::MidiEvent NoteOn(std::uint32_t frame, std::uint8_t velocity = 127) {
  return {frame, 3, {0x90, 60, velocity, 0, 0, 0, 0, 0}};
}

TEST_CASE("SignalPath: at the model's rate a MIDI event has its very frame, however cut") {
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 512U);
  const std::uint32_t longest = GENERATE(1U, 100U, 4096U);
  Song song;
  song.audio.assign(3000, 0.0F);
  for (const std::uint32_t frame : {0U, 1U, 63U, 64U, 99U, 100U, 700U, 701U, 2999U}) {
    song.midi.push_back(NoteOn(frame));
  }
  const auto out = Play(Sound, song, kModelRate, {length}, longest);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const bool there = std::any_of(song.midi.begin(), song.midi.end(),
                                   [i](const ipc::MidiEvent& event) { return event.frame == i; });
    REQUIRE(out[i] == (there ? 1.0F : 0.0F));
  }
}

TEST_CASE("SignalPath: through resampling a MIDI event is where an impulse of its frame is") {
  const std::uint32_t rate = GENERATE(8000U, 22050U, 44100U, 88200U, 96000U, 192000U);
  const std::uint32_t at = GENERATE(2000U, 2001U, 2511U, 3333U);
  Song impulse, note;
  impulse.audio.assign(6000, 0.0F);
  note.audio = impulse.audio;
  impulse.audio[at] = 1.0F;
  note.midi = {NoteOn(at)};
  const auto heard = static_cast<double>(Peak(Play(Sound, impulse, rate, kCut)));
  const auto played = static_cast<double>(Peak(Play(Sound, note, rate, kCut)));
  // One frame at the lower rate.
  CHECK(std::fabs(heard - played) <= std::max(1.0, static_cast<double>(rate) / kModelRate));
}

TEST_CASE("SignalPath: through resampling a parameter changes with the sound of its frame") {
  const std::uint32_t rate = GENERATE(22050U, 44100U, 96000U);
  Song by_sound, by_parameter;
  by_sound.audio.assign(6000, 0.0F);
  std::fill(by_sound.audio.begin() + 2500, by_sound.audio.end(), 1.0F);
  by_parameter.audio.assign(6000, 1.0F);
  by_parameter.parameters = {{0, 0, 0.0F, 0}, {2500, 0, 1.0F, 0}};
  const auto crossing = [](const std::vector<float>& signal) {
    return std::find_if(signal.begin() + 1000, signal.end(), [](float v) { return v > 0.5F; }) -
           signal.begin();
  };
  const auto difference =
      crossing(Play(Sound, by_sound, rate, kCut)) - crossing(Play(Sound, by_parameter, rate, kCut));
  CHECK(std::abs(difference) <= (rate > kModelRate ? 2 : 1));
}

TEST_CASE("SignalPath: through resampling events do not depend on how the signal is cut") {
  const std::uint32_t rate = GENERATE(44100U, 88200U);
  const std::uint32_t length = GENERATE(1U, 64U, 441U);
  Song song;
  for (int i = 0; i < 6000; ++i) song.audio.push_back(std::sin(0.01F * static_cast<float>(i)));
  song.parameters = {{5, 0, 2.0F, 0}, {700, 0, 0.5F, 0}, {701, 0, 6.0F, 0}, {3000, 0, 1.0F, 0}};
  song.midi = {NoteOn(10), NoteOn(1500, 64), NoteOn(1501, 32)};
  const auto one = Play(Sound, song, rate, {length});
  const auto other = Play(Sound, song, rate, kCut);
  float worst = 0.0F;
  for (std::size_t i = 0; i < one.size(); ++i) {
    worst = std::max(worst, std::fabs(one[i] - other[i]));
  }
  CHECK(worst <= 1e-5F);
}

TEST_CASE("SignalPath: of more events than can wait none of the parameters is lost") {
  // A model of 48 kHz behind blocks of one frame at 384 kHz: all wait for its next frame.
  ProbeModel model(Mono(kModelRate), Sound);
  auto path = SignalPath::Make(model, Config(384000));
  REQUIRE(path.ok());
  std::vector<ipc::ParameterEvent> parameters(ipc::kMaxParameterEvents, {0, 0, 2.0F, 0});
  parameters.back().value = 4.0F;
  const std::vector<ipc::MidiEvent> midi(ipc::kMaxMidiEvents, NoteOn(0, 1));
  Rows in(1, kMaximum), out(1, kMaximum);
  for (int block = 0; block < 300; ++block) {
    in[0][0] = 1.0F;
    REQUIRE((*path)->Process(in.From(), out.From(), 1, {parameters, midi}));
  }
  for (int block = 0; block < 20; ++block) {
    std::fill_n(in[0], kMaximum, 1.0F);
    REQUIRE((*path)->Process(in.From(), out.From(), kMaximum, {}));
  }
  CHECK(out[0][kMaximum - 1] == Approx(4.0F).margin(1e-3));
}

TEST_CASE("SignalPath: a model that does not ask is told of neither MIDI nor transport") {
  bool told = false;
  ProbeModel model(Mono(kModelRate), [&told](const ProbeCall& call) {
    told = told || call.block->midi_count > 0 || call.block->transport != nullptr;
    return ProbeModel::Copy(call);
  });
  SignalPathConfig config = Config(kModelRate);
  config.wants_midi = config.wants_transport = false;
  auto path = SignalPath::Make(model, config);
  REQUIRE(path.ok());
  Song song;
  song.audio.assign(512, 0.0F);
  song.midi = {NoteOn(0)};
  Play(**path, song, kModelRate, {256});
  CHECK_FALSE(told);
}

constexpr std::uint32_t kKnown = ipc::kTransportKnown | ipc::kTransportPlaying;

ipc::Transport At(double quarters, double tempo, std::uint32_t flags = kKnown) {
  return {quarters, 4.0 * std::floor(quarters / 4.0), tempo, flags, 4, 4};
}
// Plays from the start at 120 bpm.
ipc::Transport Straight(std::uint64_t frame, std::uint32_t rate) {
  return At(static_cast<double>(frame) * 2.0 / rate, 120);
}
// Stops after 2048 frames, goes on at 100 quarters after 4096, loops back after 6144.
ipc::Transport Wild(std::uint64_t frame, std::uint32_t rate) {
  const auto quarters = [rate](std::uint64_t frames) {
    return static_cast<double>(frames) * 2.0 / rate;
  };
  if (frame < 2048) return At(quarters(frame), 120);
  if (frame < 4096) return At(quarters(2048), 120, ipc::kTransportKnown);
  if (frame < 6144) return At(100 + quarters(frame - 4096), 120);
  return At(50 + quarters(frame - 6144), 120, kKnown | ipc::kTransportLooping);
}
double Quarters(const ipc::Transport& transport) { return transport.position_quarters; }

TEST_CASE("SignalPath: at the model's rate it knows the host's position at every frame") {
  const std::uint32_t longest = GENERATE(1U, 100U, 4096U);
  Song song;
  song.audio.assign(8192, 0.0F);
  song.transport = GENERATE(&Straight, &Wild);
  const auto out = Play(Position, song, kModelRate, {512}, longest);
  for (std::uint32_t i = 0; i < song.audio.size(); ++i) {
    REQUIRE(out[i] == Approx(Quarters(song.transport(i, kModelRate))).margin(1e-5));
  }
}

TEST_CASE("SignalPath: through resampling a seek, a stop and a loop are at their frame") {
  const std::uint32_t rate = GENERATE(22050U, 44100U, 96000U);
  Song song;
  song.audio.assign(8192, 0.0F);
  song.transport = &Wild;
  ProbeModel model(Mono(kModelRate), Position);
  auto path = SignalPath::Make(model, Config(rate));
  REQUIRE(path.ok());
  const auto out = Play(**path, song, rate, {512, 256, 128, 128});
  const std::uint32_t latency = (*path)->latency_frames();
  for (const std::uint32_t jump : {4096U, 6144U}) {
    // Half way between before and after, within a frame at the lower rate.
    const double middle = 0.5 * (Quarters(Wild(jump - 1, rate)) + Quarters(Wild(jump, rate)));
    const bool up = jump == 4096;
    std::uint32_t crossed = jump + latency - 200;
    while (crossed < out.size() && (out[crossed] > middle) != up) ++crossed;
    CHECK(std::abs(static_cast<int>(crossed) - static_cast<int>(jump + latency)) <=
          (rate > kModelRate ? 2 : 1));
  }
  // Between the jumps, clear of the resamplers' ringing.
  for (std::uint32_t i = 0; i < 500; ++i) {
    REQUIRE(out[latency + 3000 + i] == Approx(Quarters(Wild(3000, rate))).margin(2e-3));
  }
}

TEST_CASE("SignalPath: of a transport that makes no sense the model hears nothing") {
  ipc::Transport transport = At(1, 120);
  switch (GENERATE(0, 1, 2, 3, 4, 5)) {
    case 0:
      transport.position_quarters = std::numeric_limits<double>::quiet_NaN();
      break;
    case 1:
      transport.tempo_bpm = 0;
      break;
    case 2:
      transport.tempo_bpm = std::numeric_limits<double>::infinity();
      break;
    case 3:
      transport.signature_denominator = 0;
      break;
    case 4:
      transport.bar_start_quarters = -1e300;
      break;
    default:
      transport.flags = ipc::kTransportPlaying;
  }
  ProbeModel model(Mono(kModelRate), Position);
  auto path = SignalPath::Make(model, Config(kModelRate));
  REQUIRE(path.ok());
  Rows in(1, 64), out(1, 64);
  REQUIRE((*path)->Process(in.From(), out.From(), 64, {{}, {}, &transport}));
  CHECK(out[0][0] == -1.0F);
}

}  // namespace
}  // namespace continuo::stream
