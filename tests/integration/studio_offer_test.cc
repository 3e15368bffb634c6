// SPDX-License-Identifier: Apache-2.0
// What repositories have of one model: asked of a real daemon, whose repositories are signed
// directories.
#include <catch2/catch.hpp>
#include <string>

#include "shared/studio/studio.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/studio_window.h"
#include "tests/unit/repository_sample.h"
#include "tests/unit/scoped_environment.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

using Catch::Contains;
using namespace studio;

// Repository "near" has amp 1.0.0 and 1.2.0 and amp-two 2.0.0, "far" has amp 1.9.0 and drums.
class Offers {
 public:
  Offers() {
    v1::RepositoryIndex near = repository::SampleIndex();
    near.set_name("near");
    *near.add_entries() = repository::SampleEntry("amp", "1.2.0");
    *near.add_entries() = repository::SampleEntry("amp-two", "2.0.0");
    v1::RepositoryIndex far = repository::SampleIndex();
    far.set_name("far");
    *far.mutable_entries(0) = repository::SampleEntry("amp", "1.9.0");
    *far.add_entries() = repository::SampleEntry("drums", "1.0.0");
    repository::WriteIndex(directory_ / "near", near, keys_.secret_key);
    repository::WriteIndex(directory_ / "far", far, keys_.secret_key);
    REQUIRE(window_.UntilConnected());
  }

  OfferAnswer Find(const std::string& id, const std::string& version) {
    OfferAnswer answer;
    bool answered = false;
    studio_.FindOffer(id, version, [&](const OfferAnswer& given) {
      answer = given;
      answered = true;
    });
    REQUIRE(window_.Until([&] { return answered; }));
    return answer;
  }

 private:
  [[nodiscard]] std::string Source(const std::string& name) const {
    return "[[repository]]\nname = \"" + name + "\"\nurl = \"" + directory_ / name +
           "\"\nkey = \"" + keys_.public_key + "\"\n";
  }

  TemporaryDirectory directory_;
  const repository::KeyPair keys_ = repository::MakeKeyPair().value();
  DaemonProcess daemon_{{.configuration = Source("near") + Source("far") + Source("nowhere")}};
  ScopedEnvironment socket_{"CONTINUO_SOCKET", daemon_.socket_path()};
  ScopedEnvironment program_{"CONTINUO_DAEMON", "/nonexistent/continuod"};
  Window window_;
  Studio studio_{"studio test", window_.post(), window_.listener()};
};

TEST_CASE("Studio: a model is offered by the first repository that has it, the newest of it") {
  Offers offers;
  const OfferAnswer answer = offers.Find("amp", "");
  CHECK(answer.problem == "");
  CHECK(answer.model.id == "amp");
  CHECK(answer.model.name == "Amp");
  CHECK(answer.model.license == "CC-BY-4.0");
  CHECK(answer.model.offered == "1.2.0");
  CHECK(answer.model.source == "near");
  CHECK(answer.model.download_bytes == 3);
  CHECK(offers.Find("drums", "").model.source == "far");
}

TEST_CASE("Studio: the version asked for is offered where it is to be had, else the newest") {
  Offers offers;
  CHECK(offers.Find("amp", "1.0.0").model.offered == "1.0.0");
  CHECK(offers.Find("amp", "1.9.0").model.offered == "1.2.0");  // of the first repository
  CHECK(offers.Find("amp", "0.1.0").model.offered == "1.2.0");
}

TEST_CASE("Studio: what nobody offers is told of with those that could not be asked") {
  Offers offers;
  const OfferAnswer answer = offers.Find("am", "");  // a part of a name is no name
  CHECK(answer.problem == "");
  CHECK(answer.model.offered == "");
  CHECK_THAT(answer.remark, Contains("nowhere"));
}

}  // namespace
}  // namespace continuo::test
