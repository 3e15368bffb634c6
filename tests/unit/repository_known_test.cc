// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/base/str_cat.h"
#include "daemon/repository/known_index.h"
#include "repository_sample.h"

namespace continuo::repository {
namespace {

const auto kGoOn = [] { return false; };

struct Place {
  TemporaryDirectory directory;
  KeyPair keys = MakeKeyPair().value();
  std::string repository = directory / "repository";
  std::string state = directory / "state";

  [[nodiscard]] KnownIndex Open() const {
    return {{"test", repository, {keys.public_key}, ""}, state};
  }
  void Publish(const v1::RepositoryIndex& index) const {
    WriteIndex(repository, index, keys.secret_key);
  }
  [[nodiscard]] std::string Problem(const KnownIndex& known) const {
    return known.Info().problem();
  }
};

TEST_CASE("KnownIndex: nothing is known before it is fetched, and it outlives the daemon") {
  const Place place;
  place.Publish(SampleIndex(3));
  {
    KnownIndex known = place.Open();
    CHECK(absl::IsFailedPrecondition(known.Usable().status()));
    CHECK(known.Info().serial() == 0);
    CHECK_THAT(place.Problem(known), Catch::Contains("continuoctl repo refresh"));
    REQUIRE(known.Fetch(kGoOn) == absl::OkStatus());
    CHECK(known.Usable().value()->serial() == 3);
    CHECK(known.Info().entries() == 1);
    CHECK(place.Problem(known).empty());
  }
  std::filesystem::remove_all(place.repository);
  KnownIndex known = place.Open();
  CHECK(known.Usable().value()->serial() == 3);
  CHECK(absl::IsNotFound(known.Fetch(kGoOn)));
  CHECK(known.Usable().ok());
  CHECK_THAT(place.Problem(known), Catch::StartsWith("repository 'test': "));
}

TEST_CASE("KnownIndex: one that is not signed by the key is not even parsed") {
  const Place place;
  WriteIndex(place.repository, SampleIndex(), MakeKeyPair().value().secret_key);
  KnownIndex known = place.Open();
  CHECK(absl::IsPermissionDenied(known.Fetch(kGoOn)));
  CHECK_FALSE(known.Usable().ok());
  WriteFile(place.repository + "/index.json", "no JSON");
  CHECK(absl::IsPermissionDenied(known.Fetch(kGoOn)));
  CHECK_FALSE(std::filesystem::exists(place.state));
  place.Publish(SampleIndex());
  CHECK(known.Fetch(kGoOn).ok());
  CHECK(place.Problem(known).empty());
}

TEST_CASE("KnownIndex: an older serial is refused, after a restart too") {
  const Place place;
  KnownIndex first = place.Open();
  place.Publish(SampleIndex(7));
  REQUIRE(first.Fetch(kGoOn).ok());
  place.Publish(SampleIndex(6));
  KnownIndex second = place.Open();
  for (KnownIndex* known : {&first, &second}) {
    CHECK(absl::IsFailedPrecondition(known->Fetch(kGoOn)));
    CHECK_THAT(place.Problem(*known), Catch::Contains("serial 6, and 7"));
    CHECK(known->Usable().value()->serial() == 7);
  }
  place.Publish(SampleIndex(8));
  CHECK(second.Fetch(kGoOn).ok());
}

TEST_CASE("KnownIndex: an expired one is refused, and still stands against older ones") {
  const Place place;
  v1::RepositoryIndex old = SampleIndex(9);
  old.set_created_unix_s(1'000'000'000);
  old.set_expires_unix_s(1'100'000'000);
  place.Publish(old);
  KnownIndex known = place.Open();
  CHECK(absl::IsFailedPrecondition(known.Fetch(kGoOn)));
  CHECK_THAT(place.Problem(known), Catch::Contains("expired on 2004-11-09"));

  const std::string text = FormatIndex(old).value();
  std::filesystem::create_directories(place.state);
  WriteFile(place.state + "/test.index", Sign(text, place.keys.secret_key).value() + text);
  KnownIndex expired = place.Open();
  CHECK_FALSE(expired.Usable().ok());
  place.Publish(SampleIndex(8));
  CHECK(absl::IsFailedPrecondition(expired.Fetch(kGoOn)));
  place.Publish(SampleIndex(10));
  CHECK(expired.Fetch(kGoOn).ok());
}

TEST_CASE("KnownIndex: what somebody has put in the place of the known one counts as none") {
  const Place place;
  const std::string text = FormatIndex(SampleIndex(9)).value();
  std::filesystem::create_directories(place.state);
  WriteFile(place.state + "/test.index",
            Sign(text, MakeKeyPair().value().secret_key).value() + text);
  CHECK_FALSE(place.Open().Usable().ok());
  WriteFile(place.state + "/test.index", "short");
  CHECK_FALSE(place.Open().Usable().ok());
}

}  // namespace
}  // namespace continuo::repository
