// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/sha256.h"

#include <absl/strings/escaping.h>

namespace continuo::model {

Sha256::Sha256()
    : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free),
      good_(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}

void Sha256::Update(const char* data, std::size_t bytes) {
  good_ = good_ && EVP_DigestUpdate(context_.get(), data, bytes) == 1;
}

std::string Sha256::Finish() {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int hash_bytes = 0;
  if (!good_ || EVP_DigestFinal_ex(context_.get(), hash, &hash_bytes) != 1) return {};
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash), hash_bytes));
}

}  // namespace continuo::model
