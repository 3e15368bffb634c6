// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/generate_view.h"

#include <langinfo.h>
#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <clocale>
#include <cmath>
#include <cstring>

#include "daemon/app/ctl/midi_roll.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "shared/midi/meter_map.h"

namespace continuo::ctl {
namespace {

constexpr auto kBetweenDrawings = std::chrono::milliseconds(60);
constexpr std::size_t kBarWidth = 30;

winsize TerminalSize() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) size = {24, 80, 0, 0};
  return size;
}

std::string Percent(double fraction) { return fmt::format("{:3.0f} %", 100 * fraction); }

}  // namespace

std::string ModelText(const v1::GenerationPlan& plan) {
  return fmt::format("{}@{} ({}, {})", plan.model(), plan.version(), plan.variant(), plan.device());
}

std::string TaskText(v1::GenerationTask task) {
  std::string text = v1::GenerationTask_Name(task);
  constexpr std::size_t kPrefix = sizeof("GENERATION_TASK_") - 1;
  text = text.size() > kPrefix ? text.substr(kPrefix) : "?";
  std::transform(text.begin(), text.end(), text.begin(), ::tolower);
  return text;
}

std::string QualityText(const v1::Quality& quality, std::size_t most_reasons) {
  std::vector<std::string> reasons;
  for (const v1::Reason& reason : quality.reasons()) {
    if (reasons.size() == most_reasons) break;
    reasons.push_back(fmt::format("{} ({:+.2f})", reason.text(), reason.effect()));
  }
  return fmt::format("{:.2f}{}{}", quality.score(), reasons.empty() ? "" : "  ",
                     Join(reasons, "; "));
}

GenerateView::GenerateView(bool json)
    : json_(json), terminal_(!json && ::isatty(STDOUT_FILENO) == 1) {
  std::setlocale(LC_CTYPE, "");
  unicode_ = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void GenerateView::Show(const v1::GenerateEvent& event) {
  if (json_) {
    fmt::print("{}\n", ToJson(event).dump());
    std::fflush(stdout);
    return;
  }
  switch (event.what_case()) {
    case v1::GenerateEvent::kQueued:
      Line(event.queued().position() == 0 ? fmt::format("{}: queued", event.job_id())
                                          : fmt::format("{}: queued, {} before it", event.job_id(),
                                                        event.queued().position()));
      break;
    case v1::GenerateEvent::kStarted: {
      plan_ = event.started().plan();
      ticks_per_quarter_ = std::max<int>(1, static_cast<int>(event.started().ticks_per_quarter()));
      remaining_ms_ = plan_.estimate_ms();
      const v1::GenerateRequest& request = plan_.request();
      Line(fmt::format("{}: {}, seed {}{}, about {:.0f} ms", TaskText(request.task()),
                       ModelText(plan_), request.seed(),
                       request.key().empty() ? "" : ", " + request.key(), plan_.estimate_ms()));
      for (const std::string& note : plan_.notes()) Line("  " + note);
      break;
    }
    case v1::GenerateEvent::kProgress:
      fraction_ = event.progress().fraction();
      remaining_ms_ = event.progress().remaining_ms();
      break;
    case v1::GenerateEvent::kPartial:
      Add(event.partial());
      break;
    case v1::GenerateEvent::kCandidate:
      Line(fmt::format("candidate {}: seed {}, score {}", event.candidate().index() + 1,
                       event.candidate().seed(), QualityText(event.candidate().quality(), 2)));
      break;
    case v1::GenerateEvent::kDone:
      fraction_ = 1;
      Line(fmt::format(
          "done in {:.0f} ms{}{}", event.done().elapsed_ms(),
          event.done().from_cache() ? " (made before)" : "",
          event.done().record_id().empty() ? "" : ", record " + event.done().record_id()));
      return;
    case v1::GenerateEvent::WHAT_NOT_SET:
      break;
  }
  if (terminal_ && Clock::now() >= next_draw_) Redraw();
}

void GenerateView::Line(const std::string& text) {
  Clear();
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void GenerateView::Add(const v1::GenerateEvent::Partial& partial) {
  // One candidate is enough to look at: the one that began last.
  if (partial.candidate() != candidate_ && notes_.empty()) candidate_ = partial.candidate();
  if (partial.candidate() != candidate_) return;
  for (const v1::GeneratedNote& note : partial.notes()) {
    notes_[{note.track(), note.start(), note.pitch()}] = note;
  }
}

midi::Song GenerateView::SoFar() const {
  midi::Song song;
  song.ticks_per_quarter = ticks_per_quarter_;
  const v1::GenerateRequest& request = plan_.request();
  const auto denominator = static_cast<int>(request.signature_denominator());
  if (request.signature_numerator() > 0 && denominator > 0 && denominator <= 64 &&
      (denominator & (denominator - 1)) == 0) {
    song.meters.push_back(
        {.numerator = static_cast<int>(request.signature_numerator()), .denominator = denominator});
  }
  song.tracks.resize(1);
  for (const auto& [key, note] : notes_) {
    song.tracks[0].notes.push_back({.start = note.start(),
                                    .length = std::max<midi::Tick>(1, note.length()),
                                    .pitch = static_cast<std::uint8_t>(note.pitch() & 0x7F)});
  }
  midi::Normalise(song);
  return song;
}

// The system of bars that `bar` is in, as many as fit side by side; empty where the terminal is too
// low for it: such a one could not be drawn over.
std::string GenerateView::System(const midi::Song& song, std::int64_t bar,
                                 std::int64_t* last_bar) const {
  const winsize size = TerminalSize();
  const midi::MeterMap meters(song);
  const auto width = static_cast<std::size_t>(size.ws_col) - 1;
  const midi::Tick bar_ticks = meters.BarStart(bar + 1) - meters.BarStart(bar);
  const auto columns = static_cast<std::size_t>(bar_ticks * 4 / song.ticks_per_quarter) + 1;
  const auto fit = static_cast<std::int64_t>(std::max<std::size_t>(1, (width - 5) / columns));
  RollView view;
  view.first_bar = bar / fit * fit;
  view.last_bar = *last_bar = view.first_bar + fit - 1;
  view.width = width;
  view.unicode = unicode_;
  std::string roll = TextRoll(song, view);
  const auto lines = std::count(roll.begin(), roll.end(), '\n');
  return lines + 2 > size.ws_row ? std::string() : roll;
}

// The bars that end with the newest note.
std::string GenerateView::Roll() const {
  const midi::Song song = SoFar();
  if (song.tracks[0].notes.empty() || !midi::Validate(song).ok()) return {};
  std::int64_t last_bar = 0;
  return System(song, midi::MeterMap(song).PositionOf(song.tracks[0].notes.back().start).bar,
                &last_bar);
}

void GenerateView::ShowChosen(const midi::Song& song) {
  if (!terminal_) return;
  midi::Tick end = 0;
  for (const midi::Track& track : song.tracks) {
    for (const midi::Note& note : track.notes) end = std::max(end, note.start + 1);
  }
  if (end == 0) return;
  std::int64_t last_bar = 0;
  const std::string roll = System(song, 0, &last_bar);
  if (roll.empty()) return;
  fmt::print("{}", roll);
  const std::int64_t bars = midi::MeterMap(song).PositionOf(end - 1).bar + 1;
  if (last_bar + 1 < bars) {
    fmt::print("  … {} more bars: continuoctl history show last\n", bars - last_bar - 1);
  }
}

void GenerateView::Redraw() {
  next_draw_ = Clock::now() + kBetweenDrawings;
  const std::string roll = Roll();
  const auto filled =
      static_cast<std::size_t>(std::lround(std::clamp(fraction_, 0.0, 1.0) * kBarWidth));
  const std::string bar = fmt::format("[{:=<{}}{: <{}}] {}, {:.1f} s left", "", filled, "",
                                      kBarWidth - filled, Percent(fraction_), remaining_ms_ / 1000);
  Clear();
  fmt::print("{}{}", roll, bar);
  std::fflush(stdout);
  drawn_lines_ = static_cast<std::size_t>(std::count(roll.begin(), roll.end(), '\n')) + 1;
}

void GenerateView::Clear() {
  if (drawn_lines_ == 0) return;
  fmt::print("\r");
  if (drawn_lines_ > 1) fmt::print("\033[{}A", drawn_lines_ - 1);
  fmt::print("\033[J");
  std::fflush(stdout);
  drawn_lines_ = 0;
}

}  // namespace continuo::ctl
