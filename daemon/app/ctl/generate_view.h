// SPDX-License-Identifier: Apache-2.0
// What a job tells, as it tells it: on a terminal the notes as they come and a bar below them,
// elsewhere a line for each thing that happened, or with --json a document a line.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/app/ctl/json.h"
#include "shared/midi/song.h"

namespace continuo::ctl {

class GenerateView {
 public:
  explicit GenerateView(bool json);
  ~GenerateView() { Clear(); }
  GenerateView(const GenerateView&) = delete;
  GenerateView& operator=(const GenerateView&) = delete;

  void Show(const v1::GenerateEvent& event);
  // Takes away what moves; the next event brings it back.
  void Clear();
  // The notes that were chosen, on a terminal: as many bars as fit in it.
  void ShowChosen(const midi::Song& song);

 private:
  using Clock = std::chrono::steady_clock;
  void Line(const std::string& text);
  void Add(const v1::GenerateEvent::Partial& partial);
  void Redraw();
  [[nodiscard]] std::string System(const midi::Song& song, std::int64_t bar,
                                   std::int64_t* last_bar) const;
  [[nodiscard]] std::string Roll() const;
  [[nodiscard]] midi::Song SoFar() const;

  const bool json_;
  const bool terminal_;
  bool unicode_ = false;
  v1::GenerationPlan plan_;
  int ticks_per_quarter_ = 480;
  double fraction_ = 0;
  double remaining_ms_ = 0;
  std::uint32_t candidate_ = 0;  // whose notes are shown
  // By track, start and pitch: a note that comes again has become longer.
  std::map<std::tuple<std::uint32_t, std::int64_t, std::uint32_t>, v1::GeneratedNote> notes_;
  std::size_t drawn_lines_ = 0;
  Clock::time_point next_draw_{};
};

// "melody@1.0.0 (int8, cpu)".
[[nodiscard]] std::string ModelText(const v1::GenerationPlan& plan);
// The tasks as people type them: "melody".
[[nodiscard]] std::string TaskText(v1::GenerationTask task);
// "0.71 parallel fifths in bar 3 (-0.10)".
[[nodiscard]] std::string QualityText(const v1::Quality& quality, std::size_t most_reasons);

}  // namespace continuo::ctl
