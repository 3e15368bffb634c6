// SPDX-License-Identifier: Apache-2.0
// How a request for notes becomes cells, and cells become notes: what each kind of model
// implements (chorale.h, melody.h, groove.h) and the loop that runs them (in one batch,
// whoever asked) drives.
//
//   Composer   one loaded model: knows the meaning of its fields
//   Plan       one request, checked and decided: what is given, what is to be written
//   Piece      one candidate being written, cell by cell
//
//   plan = composer.Prepare(request);  piece = plan->Begin(seed);
//   while (const Cell* cell = piece->Next()) { decoder.Next({*cell}); piece->Take(); }
//   song = piece->song();
//
// A piece of Retrace() is driven the same way, but writes a song that is there already: what it
// ends with is how likely the model had it.
//
// Determinism: a Piece depends on its plan and its seed alone; it draws by midi::Random
// (shared/midi/random.h), never by the standard library's distributions.
// Threads: a Composer and a Plan are read by any thread; a Piece belongs to one at a time.
// Ownership: a Decoder outlives its Composer, that its Plans, those their Pieces.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"
#include "daemon/executor/decoder.h"
#include "shared/midi/song.h"

namespace continuo::generate {

class Piece {
 public:
  virtual ~Piece() = default;
  // The cell to decode next, its logits to be written where it says; null: all is written.
  // The same until Take(). Cells that are given have no logits, and are decoded all the same.
  [[nodiscard]] virtual const executor::Cell* Next() = 0;
  // Reads the logits of that cell, draws, and goes on.
  virtual void Take() = 0;
  // Cells taken so far, and in all; the latter may change as it goes (drum hits have offsets).
  [[nodiscard]] virtual std::uint64_t taken() const = 0;
  [[nodiscard]] virtual std::uint64_t cells() const = 0;
  // What is written so far, as it would be given out: with the voices that were given, in the
  // request's tempo, signature and key. Notes that sound when it ends so far are cut there.
  [[nodiscard]] virtual midi::Song song() const = 0;
  // Sum of the log likelihood of drawn cells, before temperature and constraints, and their count.
  [[nodiscard]] virtual double log_likelihood() const = 0;
  [[nodiscard]] virtual std::uint64_t drawn() const = 0;
};

class Plan {
 public:
  virtual ~Plan() = default;
  // Every open field decided; the seed is the caller's.
  [[nodiscard]] virtual const v1::GenerateRequest& request() const = 0;
  // About how many cells a piece has.
  [[nodiscard]] virtual std::uint64_t cells() const = 0;
  // For people: what was taken from the song, what could not be followed.
  [[nodiscard]] virtual const std::vector<std::string>& notes() const = 0;
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Piece>> Begin(std::uint64_t seed) const = 0;
  // Like Begin(), but each cell that Begin()'s piece would draw takes the value that it has in
  // `song`, a result of this request as far as its bars, tempo and signature go; what the song
  // lacks rests. So a candidate's song, retraced with its seed, has the candidate's likelihood.
  // INVALID_ARGUMENT for a song without the voices that are to be written.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Piece>> Retrace(
      const midi::Song& song, std::uint64_t seed) const = 0;
};

class Composer {
 public:
  virtual ~Composer() = default;
  // INVALID_ARGUMENT with the field's name, what it is and what is possible; UNIMPLEMENTED for
  // a task that is not this model's. `request.input` is a Standard MIDI File.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Plan>> Prepare(
      const v1::GenerateRequest& request) const = 0;
};

// By NotesSignature.composer. INVALID_ARGUMENT when the weights' metadata is not what that
// composer reads (the weights come from outside), NOT_FOUND for a composer that is none.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Composer>> CreateComposer(
    const v1::ModelManifest& manifest, const executor::Decoder& decoder);

}  // namespace continuo::generate
