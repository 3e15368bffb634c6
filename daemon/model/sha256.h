// SPDX-License-Identifier: Apache-2.0
// SHA-256 of what comes in pieces (FIPS 180-4, by libcrypto).
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <string>

namespace continuo::model {

class Sha256 {
 public:
  Sha256();
  void Update(const char* data, std::size_t bytes);
  // 64 lower-case hexadecimal digits; once. Empty: libcrypto has no SHA-256.
  [[nodiscard]] std::string Finish();

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  bool good_;
};

}  // namespace continuo::model
