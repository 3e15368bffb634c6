// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/signature.h"

#include <absl/strings/escaping.h>
#include <sodium.h>

#include <optional>

#include "daemon/base/str_cat.h"

namespace continuo::repository {
namespace {

constexpr std::string_view kPublic = "ed25519:";
constexpr std::string_view kSecret = "ed25519-secret:";
static_assert(kSignatureBytes == crypto_sign_BYTES);

absl::Status Ready() {
  // May be called by several threads, and again.
  static const int ready = sodium_init();
  return ready >= 0 ? absl::OkStatus() : absl::InternalError("libsodium cannot start");
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> Decode(std::string_view text, std::string_view prefix,
                                  std::size_t bytes) {
  std::string raw;
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  const std::string_view coded = text.substr(prefix.size());
  if (!absl::Base64Unescape({coded.data(), coded.size()}, &raw) || raw.size() != bytes) {
    return std::nullopt;
  }
  return raw;
}

std::string Encode(std::string_view prefix, const unsigned char* bytes, std::size_t count) {
  return base::StrCat(prefix, absl::Base64Escape({reinterpret_cast<const char*>(bytes), count}));
}

absl::Status NoSecretKey() {
  return absl::InvalidArgumentError("is not a secret key as `continuoctl repo keygen` makes it");
}

}  // namespace

absl::StatusOr<KeyPair> MakeKeyPair() {
  if (absl::Status status = Ready(); !status.ok()) return status;
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
  crypto_sign_keypair(public_key, secret_key);
  KeyPair pair{Encode(kPublic, public_key, sizeof public_key),
               Encode(kSecret, secret_key, sizeof secret_key)};
  sodium_memzero(secret_key, sizeof secret_key);
  return pair;
}

absl::Status CheckPublicKey(std::string_view public_key) {
  if (Decode(public_key, kPublic, crypto_sign_PUBLICKEYBYTES)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "is not a public key; it takes ed25519: and 44 characters, as `continuoctl repo keygen` "
      "prints it");
}

absl::StatusOr<std::string> PublicKeyOf(std::string_view secret_key) {
  const auto secret = Decode(secret_key, kSecret, crypto_sign_SECRETKEYBYTES);
  if (!secret) return NoSecretKey();
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  crypto_sign_ed25519_sk_to_pk(public_key, Bytes(*secret));
  return Encode(kPublic, public_key, sizeof public_key);
}

absl::StatusOr<std::string> Sign(std::string_view bytes, std::string_view secret_key) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  const auto secret = Decode(secret_key, kSecret, crypto_sign_SECRETKEYBYTES);
  if (!secret) return NoSecretKey();
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, Bytes(bytes),
                       bytes.size(), Bytes(*secret));
  return signature;
}

absl::Status VerifySignature(std::string_view bytes, std::string_view signature,
                             const std::vector<std::string>& public_keys) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  if (signature.size() != crypto_sign_BYTES) {
    return absl::PermissionDeniedError(base::StrCat("the signature has ", signature.size(),
                                                    " bytes, and one has ", kSignatureBytes));
  }
  for (const std::string& text : public_keys) {
    const auto key = Decode(text, kPublic, crypto_sign_PUBLICKEYBYTES);
    if (key && crypto_sign_verify_detached(Bytes(signature), Bytes(bytes), bytes.size(),
                                           Bytes(*key)) == 0) {
      return absl::OkStatus();
    }
  }
  return absl::PermissionDeniedError(
      "the signature does not fit the key of the configuration: the index was changed, or signed "
      "by somebody else");
}

}  // namespace continuo::repository
