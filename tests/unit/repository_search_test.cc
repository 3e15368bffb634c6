// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/repository/search.h"
#include "repository_sample.h"

namespace continuo::repository {
namespace {

// Two sources; the second has a newer amp.
class Shelf {
 public:
  Shelf() {
    v1::RepositoryEntry big = SampleEntry("choir");
    big.set_task(v1::TASK_NOTES);
    big.set_size_bytes(1000);
    big.set_license("(LGPL-2.0 OR MIT)");
    big.set_summary("Many VOICES");
    v1::RepositoryEntry beta = SampleEntry("amp", "2.0.0");
    beta.set_channel(v1::CHANNEL_BETA);
    entries_ = {SampleEntry("choir", "0.9.0"), big,  SampleEntry("amp", "1.9.0"),
                SampleEntry("amp", "1.10.0"),  beta, SampleEntry("amp", "3.0.0")};
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      offers_.push_back({i < 5 ? "first" : "second", &entries_[i]});
    }
  }
  std::vector<std::string> Find(const v1::SearchModelsRequest& request) const {
    std::vector<std::string> found;
    for (const OfferedEntry& offer : FilterEntries(offers_, request)) {
      found.push_back(offer.source + " " + offer.entry->id() + " " + offer.entry->version());
    }
    return found;
  }

 private:
  std::vector<v1::RepositoryEntry> entries_;
  std::vector<OfferedEntry> offers_;
};

using Names = std::vector<std::string>;

TEST_CASE("Search: the newest of each source and id, by number and not by letter") {
  const Shelf shelf;
  v1::SearchModelsRequest request;
  CHECK(shelf.Find(request) == Names{"first amp 1.10.0", "second amp 3.0.0", "first choir 1.0.0"});
  request.set_channel(v1::CHANNEL_BETA);
  CHECK(shelf.Find(request) == Names{"first amp 2.0.0", "second amp 3.0.0", "first choir 1.0.0"});
  request.set_all_versions(true);
  CHECK(shelf.Find(request) == Names{"first amp 2.0.0", "first amp 1.10.0", "first amp 1.9.0",
                                     "second amp 3.0.0", "first choir 1.0.0", "first choir 0.9.0"});
}

TEST_CASE("Search: words, task, licence and size narrow it, all of them together") {
  const Shelf shelf;
  v1::SearchModelsRequest request;
  request.add_words("voices");
  CHECK(shelf.Find(request) == Names{"first choir 1.0.0"});
  request.add_words("AMP");
  CHECK(shelf.Find(request) == Names{"first choir 1.0.0"});  // its name is Amp
  request.add_words("guitar");
  CHECK(shelf.Find(request).empty());
  request.clear_words();
  request.set_task(v1::TASK_NOTES);
  CHECK(shelf.Find(request) == Names{"first choir 1.0.0"});
  request.set_license("mit");
  CHECK(shelf.Find(request) == Names{"first choir 1.0.0"});
  request.set_license("GPL-2.0");
  CHECK(shelf.Find(request).empty());
  request.Clear();
  request.set_maximum_bytes(999);
  CHECK(shelf.Find(request) == Names{"first amp 1.10.0", "second amp 3.0.0", "first choir 0.9.0"});
}

}  // namespace
}  // namespace continuo::repository
