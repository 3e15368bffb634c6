// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/http.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>

#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/repository/curl_library.h"

namespace continuo::repository {
namespace {

constexpr long kConnectSeconds = 15;
constexpr long kMaxRedirects = 5;
constexpr long kOk = 200;
constexpr long kPartial = 206;

struct CurlCleanup {
  const CurlLibrary* library;
  void operator()(CURL* curl) const { library->easy_cleanup(curl); }
  void operator()(curl_slist* list) const { library->slist_free_all(list); }
};

// One transfer, as libcurl's callbacks see it.
struct Transfer {
  const HttpRequest* request;
  const HttpHandler* handler;
  const CurlLibrary* library;
  CURL* curl;
  std::string etag;
  std::optional<std::uint64_t> range_from;  // of Content-Range
  std::optional<std::uint64_t> range_total;
  bool started = false;
  std::uint64_t received = 0;  // with what was there already
  absl::Status status;         // why a callback ended it
};

long CodeOf(const Transfer& transfer) {
  long code = 0;
  transfer.library->easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

absl::Status WrongSize(const Transfer& transfer, std::uint64_t size) {
  return absl::DataLossError(base::StrCat(transfer.request->url, " has ", size,
                                          " bytes, and should have ", *transfer.request->size));
}

// "bytes 100-199/1000"
void ParseContentRange(absl::string_view value, Transfer* transfer) {
  if (!absl::ConsumePrefix(&value, "bytes ")) return;
  const std::size_t dash = value.find('-');
  const std::size_t slash = value.find('/');
  std::uint64_t number = 0;
  if (dash != value.npos && absl::SimpleAtoi(value.substr(0, dash), &number)) {
    transfer->range_from = number;
  }
  if (slash != value.npos && absl::SimpleAtoi(value.substr(slash + 1), &number)) {
    transfer->range_total = number;
  }
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto* const transfer = static_cast<Transfer*>(user);
  const absl::string_view line(data, size * count);
  if (absl::StartsWith(line, "HTTP/")) {  // of a redirect's target, too
    transfer->etag.clear();
    transfer->range_from.reset();
    transfer->range_total.reset();
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return line.size();
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (absl::EqualsIgnoreCase(line.substr(0, colon), "etag") && !absl::StartsWith(value, "W/") &&
      value.size() <= 256) {
    transfer->etag = std::string(value);
  } else if (absl::EqualsIgnoreCase(line.substr(0, colon), "content-range")) {
    ParseContentRange(value, transfer);
  }
  return line.size();
}

absl::Status Start(Transfer* transfer) {
  const HttpRequest& request = *transfer->request;
  const long code = CodeOf(*transfer);
  std::uint64_t from = 0;
  if (code == kPartial) {
    if (transfer->range_from != request.from) {
      return absl::UnavailableError(
          base::StrCat(request.url, ": the server gives another range than it was asked for"));
    }
    from = request.from;
  }
  curl_off_t length = -1;
  transfer->library->easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (request.size && length >= 0) {
    std::uint64_t total = from + static_cast<std::uint64_t>(length);
    if (transfer->range_total) total = *transfer->range_total;
    if (total != *request.size) return WrongSize(*transfer, total);
  }
  transfer->received = from;
  return transfer->handler->on_start ? transfer->handler->on_start(from) : absl::OkStatus();
}

std::size_t OnBytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto* const transfer = static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  const long code = CodeOf(*transfer);
  if (code != kOk && code != kPartial) {
    return 0;  // a page that says what is wrong: nobody reads it
  }
  if (!std::exchange(transfer->started, true)) transfer->status = Start(transfer);
  if (!transfer->status.ok()) return 0;
  transfer->received += bytes;
  const HttpRequest& request = *transfer->request;
  if (transfer->received > request.maximum_bytes) {
    transfer->status =
        request.size
            ? absl::DataLossError(base::StrCat(request.url, " has more than the ", *request.size,
                                               " bytes that it should have"))
            : absl::InvalidArgumentError(base::StrCat(request.url, " has more than ",
                                                      request.maximum_bytes,
                                                      " bytes, which is the limit"));
    return 0;
  }
  transfer->status = transfer->handler->on_bytes({data, bytes});
  return transfer->status.ok() ? bytes : 0;
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* const transfer = static_cast<Transfer*>(user);
  if (!transfer->handler->cancelled || !transfer->handler->cancelled()) return 0;
  transfer->status = absl::CancelledError("cancelled");
  return 1;
}

bool IsCertificateFault(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

absl::Status Outcome(Transfer* transfer, CURLcode result, const char* words) {
  const HttpRequest& request = *transfer->request;
  if (!transfer->status.ok()) return transfer->status;
  const long code = CodeOf(*transfer);
  if (code >= 300 && result != CURLE_TOO_MANY_REDIRECTS && result != CURLE_UNSUPPORTED_PROTOCOL) {
    const std::string message = base::StrCat(request.url, ": the server answers ", code);
    return code == 404 || code == 410 ? absl::NotFoundError(message)
                                      : absl::UnavailableError(message);
  }
  if (result == CURLE_OK) {
    if (code != kOk && code != kPartial) {
      return absl::UnavailableError(base::StrCat(request.url, ": the server answers ", code));
    }
    // A body without a byte never came by OnBytes.
    if (!transfer->started) {
      if (absl::Status status = Start(transfer); !status.ok()) return status;
    }
    if (request.size && transfer->received != *request.size) {
      return WrongSize(*transfer, transfer->received);
    }
    return absl::OkStatus();
  }
  const char* const what = *words != '\0' ? words : transfer->library->easy_strerror(result);
  const std::string message = base::StrCat(request.url, ": ", what);
  if (IsCertificateFault(result)) {
    return absl::PermissionDeniedError(base::StrCat(message, "; nothing is taken from there"));
  }
  if (result == CURLE_SSL_CACERT_BADFILE) return absl::FailedPreconditionError(message);
  if (result == CURLE_UNSUPPORTED_PROTOCOL) {
    return absl::PermissionDeniedError(
        base::StrCat(request.url, ": leads to a place that is not https"));
  }
  return absl::UnavailableError(message);
}

}  // namespace

absl::Status HttpGet(const HttpRequest& request, const HttpHandler& handler, std::string* etag) {
  const absl::StatusOr<const CurlLibrary*> library = LoadCurl();
  if (!library.ok()) return library.status();
  const CurlCleanup cleanup{*library};
  const std::unique_ptr<CURL, CurlCleanup> curl((*library)->easy_init(), cleanup);
  if (!curl) return absl::InternalError("libcurl cannot start");
  Transfer transfer{&request, &handler, *library, curl.get(), {}, {}, {}, false, 0, {}};
  char words[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    (*library)->easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_ERRORBUFFER, words);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "continuo/" CONTINUO_VERSION);
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kMaxRedirects);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca_file.empty()) {
    set(CURLOPT_CAINFO, request.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // these alone
  }
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_TIMEOUT, static_cast<long>(request.timeout_s));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_HEADERFUNCTION, &OnHeader);
  set(CURLOPT_HEADERDATA, &transfer);
  set(CURLOPT_WRITEFUNCTION, &OnBytes);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &OnProgress);
  set(CURLOPT_XFERINFODATA, &transfer);
  const std::string range = base::StrCat(request.from, "-");
  std::unique_ptr<curl_slist, CurlCleanup> headers(nullptr, cleanup);
  if (request.from > 0) {
    set(CURLOPT_RANGE, range.c_str());
    if (!request.if_range.empty()) {
      headers.reset(
          (*library)->slist_append(nullptr, base::StrCat("If-Range: ", request.if_range).c_str()));
      set(CURLOPT_HTTPHEADER, headers.get());
    }
  }
  const CURLcode result = (*library)->easy_perform(curl.get());
  if (etag != nullptr) *etag = transfer.etag;
  return Outcome(&transfer, result, words);
}

}  // namespace continuo::repository
