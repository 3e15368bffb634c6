// SPDX-License-Identifier: Apache-2.0
// libcurl, loaded when somebody goes to the network for the first time.
//
// Problem: with all that it brings along (TLS, LDAP, Kerberos, SSH …) it takes 6 MB of memory,
// and a daemon that plays effects never needs it.
// Threads: [any-thread]. It stays loaded.
// Errors: FAILED_PRECONDITION with the name of what cannot be loaded, and the remedy.
#pragma once

#include <absl/status/statusor.h>
#include <curl/curl.h>

namespace continuo::repository {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

[[nodiscard]] absl::StatusOr<const CurlLibrary*> LoadCurl();

}  // namespace continuo::repository
