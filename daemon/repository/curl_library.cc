// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/curl_library.h"

#include "daemon/base/late_library.h"

namespace continuo::repository {
namespace {

struct Loaded {
  CurlLibrary library{};
  absl::Status status;

  Loaded() {
    // Either has the interface of version 4; systems differ in which they have.
    base::LateLibrary loaded({"libcurl.so.4", "libcurl-gnutls.so.4"}, "install libcurl4");
    decltype(&::curl_global_init) global_init = nullptr;
    loaded.Find("curl_global_init", &global_init);
    loaded.Find("curl_easy_init", &library.easy_init);
    loaded.Find("curl_easy_cleanup", &library.easy_cleanup);
    loaded.Find("curl_easy_setopt", &library.easy_setopt);
    loaded.Find("curl_easy_getinfo", &library.easy_getinfo);
    loaded.Find("curl_easy_perform", &library.easy_perform);
    loaded.Find("curl_easy_strerror", &library.easy_strerror);
    loaded.Find("curl_slist_append", &library.slist_append);
    loaded.Find("curl_slist_free_all", &library.slist_free_all);
    status = loaded.status();
    if (status.ok() && global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      status = absl::FailedPreconditionError("libcurl cannot start");
    }
  }
};

}  // namespace

absl::StatusOr<const CurlLibrary*> LoadCurl() {
  static const Loaded loaded;
  if (!loaded.status.ok()) return loaded.status;
  return &loaded.library;
}

}  // namespace continuo::repository
