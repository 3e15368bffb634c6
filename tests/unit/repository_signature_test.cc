// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>

#include <catch2/catch.hpp>

#include "daemon/base/str_cat.h"
#include "daemon/repository/signature.h"

namespace continuo::repository {
namespace {

TEST_CASE("Signature: what a key signed, that key alone confirms, bit for bit") {
  const KeyPair mine = MakeKeyPair().value();
  const KeyPair other = MakeKeyPair().value();
  CHECK(mine.public_key != other.public_key);
  const std::string text = "an index";
  const std::string signature = Sign(text, mine.secret_key).value();
  REQUIRE(signature.size() == kSignatureBytes);
  CHECK(VerifySignature(text, signature, {mine.public_key}).ok());
  CHECK(VerifySignature(text, signature, {other.public_key, mine.public_key}).ok());
  CHECK(absl::IsPermissionDenied(VerifySignature(text, signature, {other.public_key})));
  CHECK(absl::IsPermissionDenied(VerifySignature(text, signature, {})));
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(absl::IsPermissionDenied(VerifySignature(changed, signature, {mine.public_key})));
  }
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(absl::IsPermissionDenied(VerifySignature(text, changed, {mine.public_key})));
  }
  CHECK(absl::IsPermissionDenied(VerifySignature(text, signature + "x", {mine.public_key})));
  CHECK(absl::IsPermissionDenied(VerifySignature(text, "", {mine.public_key})));
}

TEST_CASE("Signature: RFC 8032, test 2") {
  const auto hex = [](const char* text) { return absl::HexStringToBytes(text); };
  const std::string public_bytes =
      hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string secret_bytes =
      hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb") + public_bytes;
  const std::string secret = base::StrCat("ed25519-secret:", absl::Base64Escape(secret_bytes));
  const std::string signature = Sign("\x72", secret).value();
  CHECK(absl::BytesToHexString(signature) ==
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  CHECK(PublicKeyOf(secret).value() == base::StrCat("ed25519:", absl::Base64Escape(public_bytes)));
}

TEST_CASE("Signature: a text that is no key is refused and not repeated") {
  const KeyPair pair = MakeKeyPair().value();
  CHECK(CheckPublicKey(pair.public_key).ok());
  CHECK(PublicKeyOf(pair.secret_key).value() == pair.public_key);
  for (const std::string& text : {std::string(), std::string("ed25519:"), pair.secret_key,
                                  pair.public_key.substr(8), pair.public_key + "AAAA"}) {
    CHECK(absl::IsInvalidArgument(CheckPublicKey(text)));
  }
  for (const std::string& text : {std::string(), pair.public_key, pair.secret_key + "AAAA"}) {
    const absl::Status refused = Sign("x", text).status();
    CHECK(absl::IsInvalidArgument(refused));
    CHECK((text.empty() || !absl::StrContains(refused.message(), text)));
    CHECK(absl::IsInvalidArgument(PublicKeyOf(text).status()));
  }
}

}  // namespace
}  // namespace continuo::repository
