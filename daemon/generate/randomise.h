// SPDX-License-Identifier: Apache-2.0
// Another request like this one: fields drawn at random, within what is wanted.
//
// Determinism: each field has a generator of its own, so that locking one, or giving it a range,
// changes no other. The same arguments give the same request everywhere.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"

namespace continuo::generate {

struct RandomRange {
  double lowest = 0;
  double highest = 1;
};

// Fields by name: "key", "tempo_bpm", "density", "style", "temperature", "top_p", "variation",
// "signature", "bars" and "seed".
struct Randomisation {
  // These stay as they are. Key, tempo, signature and bars of a request with an input, which
  // follow the song, stay too unless a range names them.
  std::set<std::string> locks;
  // Of fields that are numbers; also draws "bars", which else stays.
  std::map<std::string, RandomRange> ranges;
  std::uint64_t seed = 0;
};

// Styles and signatures are those of `model`. INVALID_ARGUMENT for a name that is none, a field
// both locked and given a range, a range of a field that has none, or one beyond the field's own.
[[nodiscard]] absl::StatusOr<v1::GenerateRequest> RandomiseRequest(
    const v1::GenerateRequest& request, const v1::NotesSignature& model,
    const Randomisation& randomisation);

}  // namespace continuo::generate
