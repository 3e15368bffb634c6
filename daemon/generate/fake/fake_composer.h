// SPDX-License-Identifier: Apache-2.0
// A composer for tests, of the fake decoder alone, which is never installed: one note or rest
// a quarter, of the request's bars; `input`, `seed` and `temperature` change them, and so does
// whatever mixes up cells.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "daemon/generate/composer.h"

namespace continuo::generate {

// INVALID_ARGUMENT for a decoder that is not the fake one.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Composer>> CreateFakeComposer(
    const executor::Decoder& decoder);

}  // namespace continuo::generate
