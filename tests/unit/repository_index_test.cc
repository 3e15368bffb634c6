// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>

#include "daemon/base/str_cat.h"
#include "daemon/repository/index.h"
#include "daemon/repository/source.h"
#include "repository_sample.h"

namespace continuo::repository {
namespace {

std::string Refusal(const v1::RepositoryIndex& index) {
  const auto text = FormatIndex(index);
  return text.ok() ? "accepted" : std::string(base::MessageOf(text.status()));
}

TEST_CASE("Index: what is written is read again, and the same bytes each time") {
  const v1::RepositoryIndex index = SampleIndex();
  const std::string text = FormatIndex(index).value();
  CHECK(FormatIndex(index).value() == text);
  const auto parsed = ParseIndex(text, "index.json");
  REQUIRE(parsed.status() == absl::OkStatus());
  CHECK(parsed->SerializeAsString() == index.SerializeAsString());
}

struct Fault {
  const char* words;
  std::function<void(v1::RepositoryIndex*, v1::RepositoryEntry*)> make;
};

const Fault kFaults[] = {
    {"schema is 2; this daemon knows 1", [](auto* i, auto*) { i->set_schema(2); }},
    {"name is not a valid name", [](auto* i, auto*) { i->set_name("../x"); }},
    {"created_unix_s is 0, below minimum 1", [](auto* i, auto*) { i->set_created_unix_s(0); }},
    {"created_unix_s is -5, below", [](auto* i, auto*) { i->set_created_unix_s(-5); }},
    {"above maximum 253402300799",
     [](auto* i, auto*) { i->set_expires_unix_s(std::int64_t{1} << 60); }},
    {"expires_unix_s is not after created_unix_s",
     [](auto* i, auto*) { i->set_expires_unix_s(i->created_unix_s()); }},
    {"serial is missing", [](auto* i, auto*) { i->set_serial(0); }},
    {"mirrors[0] does not begin with https://",
     [](auto* i, auto*) { i->add_mirrors("http://a/"); }},
    {"entries[1] 'amp 1.0.0' is there twice",
     [](auto* i, auto*) { *i->add_entries() = SampleEntry(); }},
    {"entries[0].id is not a valid name", [](auto*, auto* e) { e->set_id("a/b"); }},
    {"entries[0].version is not valid", [](auto*, auto* e) { e->set_version("1.0"); }},
    {"entries[0].channel is missing",
     [](auto*, auto* e) { e->set_channel(v1::CHANNEL_UNSPECIFIED); }},
    {"entries[0].channel is 9", [](auto*, auto* e) { e->set_channel(v1::Channel(9)); }},
    {"entries[0].name contains a control character",
     [](auto*, auto* e) { e->set_name("\x1b[31m"); }},
    {"entries[0].task is missing", [](auto*, auto* e) { e->set_task(v1::TASK_UNSPECIFIED); }},
    {"entries[0].license is missing", [](auto*, auto* e) { e->clear_license(); }},
    {"entries[0].archive '../amp' has a part '..'",
     [](auto*, auto* e) { e->set_archive("../amp"); }},
    {"entries[0].archive is absolute", [](auto*, auto* e) { e->set_archive("/etc/passwd"); }},
    {"entries[0].archive 'a?b' has a character", [](auto*, auto* e) { e->set_archive("a?b"); }},
    {"entries[0].archive 'a%2e' has a character", [](auto*, auto* e) { e->set_archive("a%2e"); }},
    {"entries[0].size_bytes is 0, below minimum 1", [](auto*, auto* e) { e->set_size_bytes(0); }},
    {"entries[0].size_bytes is 18446744073709551615, above",
     [](auto*, auto* e) { e->set_size_bytes(~std::uint64_t{0}); }},
    {"entries[0].sha256 is not 64", [](auto*, auto* e) { e->set_sha256("abc"); }},
    {"entries[0].minimum_daemon_version is missing",
     [](auto*, auto* e) { e->clear_minimum_daemon_version(); }},
    {"entries[0].variants[0].sample_rate_hz is 999999, above",
     [](auto*, auto* e) { e->mutable_variants(0)->set_sample_rate_hz(999999); }},
};

TEST_CASE("Index: what makes no sense is refused with its field") {
  const auto& fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  v1::RepositoryIndex index = SampleIndex();
  fault.make(&index, index.mutable_entries(0));
  CHECK_THAT(Refusal(index), Catch::Contains(fault.words));
}

TEST_CASE("Index: a text that is not one is refused with its name") {
  const auto refusal = [](const std::string& text) {
    const auto parsed = ParseIndex(text, "here");
    CHECK(absl::IsInvalidArgument(parsed.status()));
    return std::string(base::MessageOf(parsed.status()));
  };
  CHECK_THAT(refusal(""), Catch::StartsWith("here: "));
  CHECK_THAT(refusal("[]"), Catch::StartsWith("here: "));
  CHECK_THAT(refusal("{}"), Catch::Contains("schema is 0"));
  CHECK_THAT(refusal("{\"schema\": 1, \"colour\": 2}"), Catch::Contains("colour"));
  CHECK_THAT(refusal(std::string(100'000, '[')), Catch::StartsWith("here: "));
  CHECK_THAT(refusal(std::string(kMaxIndexBytes + 1, ' ')), Catch::Contains("above the limit"));
}

TEST_CASE("Index: more entries than the limit are refused") {
  v1::RepositoryIndex index = SampleIndex();
  for (int i = 0; i < kMaxEntries; ++i) *index.add_entries() = SampleEntry();
  CHECK_THAT(Refusal(index), Catch::Contains("entries' number is 10001, above maximum 10000"));
}

TEST_CASE("Index: it is good until it expires, and then its date is told") {
  v1::RepositoryIndex index = SampleIndex();
  index.set_expires_unix_s(1'000'000'000);
  CHECK(CheckFresh(index, 999'999'999).ok());
  const absl::Status old = CheckFresh(index, 1'000'000'000);
  CHECK(absl::IsFailedPrecondition(old));
  CHECK_THAT(std::string(old.message()), Catch::Contains("expired on 2001-09-09 01:46 UTC"));
}

TEST_CASE("Index: the serial rises, or stays with the same content") {
  const v1::RepositoryIndex known = SampleIndex(5);
  CHECK(CheckSuccessor(known, known).ok());
  v1::RepositoryIndex fresh = known;
  fresh.set_serial(6);
  fresh.clear_entries();
  CHECK(CheckSuccessor(known, fresh).ok());
  fresh.set_serial(5);
  CHECK_THAT(std::string(CheckSuccessor(known, fresh).message()),
             Catch::Contains("says something else"));
  fresh.set_serial(4);
  CHECK_THAT(std::string(CheckSuccessor(known, fresh).message()),
             Catch::Contains("serial 4, and 5"));
  fresh = known;
  fresh.set_name("other");
  CHECK_THAT(std::string(CheckSuccessor(known, fresh).message()), Catch::Contains("'other'"));
}

TEST_CASE("Source: a URL that is not https, or hides something, is refused") {
  CHECK(CheckHttpsUrl("https://models.example.org/continuo/").ok());
  CHECK(CheckHttpsUrl("https://127.0.0.1:8443").ok());
  for (const char* url :
       {"http://a/", "ftp://a/", "file:///etc", "https://", "https:///a", "https://user@a/",
        "https://a/?x", "https://a/#x", "https://a/ b", "https://a/\n", "HTTPS://a/", ""}) {
    CAPTURE(url);
    CHECK(absl::IsInvalidArgument(CheckHttpsUrl(url)));
  }
}

TEST_CASE("Source: name, place and key are needed") {
  const std::string key = MakeKeyPair().value().public_key;
  CHECK(CheckSource({"a", "/srv/models", {key}, ""}).ok());
  CHECK(CheckSource({"a", "https://a/", {key, key}, ""}).ok());
  CHECK(absl::IsInvalidArgument(CheckSource({"../a", "/srv", {key}, ""})));
  CHECK(absl::IsInvalidArgument(CheckSource({"a", "srv", {key}, ""})));
  CHECK(absl::IsInvalidArgument(CheckSource({"a", "http://a/", {key}, ""})));
  CHECK(absl::IsInvalidArgument(CheckSource({"a", "/srv", {}, ""})));
  CHECK(absl::IsInvalidArgument(CheckSource({"a", "/srv", {"ed25519:abc"}, ""})));
}

}  // namespace
}  // namespace continuo::repository
