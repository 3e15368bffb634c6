// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032, by libsodium): keys as text, and detached signatures of 64 bytes.
//
//   public   "ed25519:BASE64 of 32 bytes"            in configurations
//   secret   "ed25519-secret:BASE64 of 64 bytes"     in a file that its owner alone reads
//
// Errors: INVALID_ARGUMENT for a text that is no key, without repeating it;
// PERMISSION_DENIED for a signature that does not fit.
// Threads: [any-thread].
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace continuo::repository {

inline constexpr std::size_t kSignatureBytes = 64;

struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

[[nodiscard]] absl::StatusOr<KeyPair> MakeKeyPair();

[[nodiscard]] absl::Status CheckPublicKey(std::string_view public_key);
[[nodiscard]] absl::StatusOr<std::string> PublicKeyOf(std::string_view secret_key);

[[nodiscard]] absl::StatusOr<std::string> Sign(std::string_view bytes, std::string_view secret_key);

// OK where one of the keys made it: while a key is changed, there are two.
[[nodiscard]] absl::Status VerifySignature(std::string_view bytes, std::string_view signature,
                                           const std::vector<std::string>& public_keys);

}  // namespace continuo::repository
