// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "shared/ipc/segment.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

using test::FreshSegmentName;

const Geometry kGood{11, 3, 48000, 2, 256};

// The segment's name, removed at the end whatever the test does.
struct Named {
  std::string name = FreshSegmentName();
  ~Named() { Segment::Remove(name); }
};

SegmentError OpenWithHeader(const std::string& name, const Header& header) {
  std::unique_ptr<Segment> segment;
  CHECK(Segment::Create(name, kGood, &segment) == SegmentError::kNone);
  std::memcpy(&segment->header(), &header, sizeof header);
  std::unique_ptr<Segment> opened;
  const SegmentError error = Segment::Open(name, &opened);
  CHECK((opened == nullptr) == (error != SegmentError::kNone));
  Segment::Remove(name);
  return error;
}

Header GoodHeader() {
  const test::SegmentPair pair(kGood.channels, kGood.maximum_block_frames, kGood.sample_rate_hz);
  return pair.client->header();
}

TEST_CASE("Segment: what is opened has the geometry that was created") {
  Named named;
  std::unique_ptr<Segment> created, opened;
  REQUIRE(Segment::Create(named.name, kGood, &created) == SegmentError::kNone);
  REQUIRE(Segment::Open(named.name, &opened) == SegmentError::kNone);
  CHECK(opened->geometry().stream_id == 11);
  CHECK(opened->geometry().generation == 3);
  CHECK(opened->geometry().sample_rate_hz == 48000);
  CHECK(opened->geometry().channels == 2);
  CHECK(opened->geometry().maximum_block_frames == 256);
  created->client().input_write.store(5);
  CHECK(opened->client().input_write.load() == 5);
}

TEST_CASE("Segment: only its owner may open the object") {
  Named named;
  std::unique_ptr<Segment> created;
  REQUIRE(Segment::Create(named.name, kGood, &created) == SegmentError::kNone);
  struct stat status {};
  REQUIRE(::stat(("/dev/shm/" + named.name).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(static_cast<std::uint64_t>(status.st_size) == TotalBytes(kGood));
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 >= TotalBytes(kGood));
}

TEST_CASE("Segment: a taken name is refused and the object that has it stays") {
  Named named;
  std::unique_ptr<Segment> first, second;
  REQUIRE(Segment::Create(named.name, kGood, &first) == SegmentError::kNone);
  CHECK(Segment::Create(named.name, kGood, &second) == SegmentError::kExists);
  CHECK(second == nullptr);
  CHECK(Segment::Open(named.name, &second) == SegmentError::kNone);
}

TEST_CASE("Segment: a removed name is gone and the mappings stay") {
  Named named;
  std::unique_ptr<Segment> created, opened, late;
  REQUIRE(Segment::Create(named.name, kGood, &created) == SegmentError::kNone);
  REQUIRE(Segment::Open(named.name, &opened) == SegmentError::kNone);
  CHECK(Segment::Remove(named.name));
  CHECK_FALSE(Segment::Remove(named.name));
  CHECK(Segment::Open(named.name, &late) == SegmentError::kNotFound);
  created->runner().output_write.store(9);
  CHECK(opened->runner().output_write.load() == 9);
}

TEST_CASE("Segment: a name that no object can have is refused") {
  std::unique_ptr<Segment> segment;
  CHECK(Segment::Create(std::string(4000, 'x'), kGood, &segment) != SegmentError::kNone);
  CHECK(Segment::Create("a/b/c", kGood, &segment) != SegmentError::kNone);
  CHECK(Segment::Open("", &segment) != SegmentError::kNone);
  CHECK(segment == nullptr);
}

TEST_CASE("Segment: geometry at its bounds is made, beyond them it is refused and leaves nothing") {
  struct Case {
    std::uint32_t rate, channels, frames;
    bool good;
  };
  const auto wanted = GENERATE(
      Case{kMinSampleRateHz, 1, 1, true},
      Case{kMaxSampleRateHz, kMaxChannels, kMaxBlockFrames, true}, Case{48000, 2, 441, true},
      Case{kMinSampleRateHz - 1, 1, 1, false}, Case{0, 1, 1, false},
      Case{kMaxSampleRateHz + 1, 1, 1, false}, Case{0xFFFFFFFF, 1, 1, false},
      Case{48000, 0, 64, false}, Case{48000, kMaxChannels + 1, 64, false},
      Case{48000, 0xFFFFFFFF, 64, false}, Case{48000, 2, 0, false},
      Case{48000, 2, kMaxBlockFrames + 1, false}, Case{48000, 2, 0xFFFFFFFF, false});
  const Geometry geometry{1, 1, wanted.rate, wanted.channels, wanted.frames};
  Named named;
  std::unique_ptr<Segment> created, opened;
  CHECK(IsValid(geometry) == wanted.good);
  CHECK(Segment::Create(named.name, geometry, &created) ==
        (wanted.good ? SegmentError::kNone : SegmentError::kInvalid));
  CHECK(Segment::Open(named.name, &opened) ==
        (wanted.good ? SegmentError::kNone : SegmentError::kNotFound));
}

TEST_CASE("Segment: a header that was left alone opens") {
  Named named;
  CHECK(OpenWithHeader(named.name, GoodHeader()) == SegmentError::kNone);
}

TEST_CASE("Segment: each header field beyond its one good value is refused for what it is") {
  struct Case {
    const char* what;
    std::uint32_t Header::*field;
    std::uint32_t value;
    SegmentError error;
  };
  const Header good = GoodHeader();
  const auto wanted = GENERATE_COPY(
      Case{"magic 0", &Header::magic, 0, SegmentError::kBadMagic},
      Case{"magic + 1", &Header::magic, kSegmentMagic + 1, SegmentError::kBadMagic},
      Case{"abi 0", &Header::abi, 0, SegmentError::kBadVersion},
      Case{"abi + 1", &Header::abi, kSegmentAbi + 1, SegmentError::kBadVersion},
      Case{"abi max", &Header::abi, 0xFFFFFFFF, SegmentError::kBadVersion},
      Case{"rate low", &Header::sample_rate_hz, kMinSampleRateHz - 1, SegmentError::kInvalid},
      Case{"rate high", &Header::sample_rate_hz, kMaxSampleRateHz + 1, SegmentError::kInvalid},
      Case{"no channel", &Header::channels, 0, SegmentError::kInvalid},
      Case{"channels high", &Header::channels, kMaxChannels + 1, SegmentError::kInvalid},
      Case{"channels other", &Header::channels, 1, SegmentError::kBadSize},
      Case{"channels more", &Header::channels, kMaxChannels, SegmentError::kBadSize},
      Case{"no frame", &Header::maximum_block_frames, 0, SegmentError::kInvalid},
      Case{"frames high", &Header::maximum_block_frames, kMaxBlockFrames + 1,
           SegmentError::kInvalid},
      Case{"frames other", &Header::maximum_block_frames, 1024, SegmentError::kBadSize},
      Case{"frames max", &Header::maximum_block_frames, kMaxBlockFrames, SegmentError::kBadSize},
      Case{"slots", &Header::slots, kSlots + 1, SegmentError::kBadSize},
      Case{"slots 0", &Header::slots, 0, SegmentError::kBadSize},
      Case{"in stride", &Header::input_stride_bytes, good.input_stride_bytes + 64,
           SegmentError::kBadSize},
      Case{"in stride max", &Header::input_stride_bytes, 0xFFFFFFFF, SegmentError::kBadSize},
      Case{"out stride", &Header::output_stride_bytes, good.output_stride_bytes - 64,
           SegmentError::kBadSize},
      Case{"in offset", &Header::input_offset_bytes, 0, SegmentError::kBadSize},
      Case{"in offset max", &Header::input_offset_bytes, 0xFFFFFFFF, SegmentError::kBadSize},
      Case{"out offset", &Header::output_offset_bytes, good.output_offset_bytes + 1,
           SegmentError::kBadSize});
  CAPTURE(wanted.what);
  Header header = good;
  header.*wanted.field = wanted.value;
  Named named;
  CHECK(OpenWithHeader(named.name, header) == wanted.error);
}

TEST_CASE("Segment: a total size in the header that is not the object's is refused") {
  Header header = GoodHeader();
  header.total_bytes = GENERATE(std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0});
  Named named;
  CHECK(OpenWithHeader(named.name, header) == SegmentError::kBadSize);
}

TEST_CASE("Segment: an object that is shorter or longer than its header says is refused") {
  const auto change = GENERATE(-4096, -1, 1, 4096);
  Named named;
  std::unique_ptr<Segment> created, opened;
  REQUIRE(Segment::Create(named.name, kGood, &created) == SegmentError::kNone);
  const auto size = static_cast<off_t>(TotalBytes(kGood)) + change;
  REQUIRE(::truncate(("/dev/shm/" + named.name).c_str(), size) == 0);
  CHECK(Segment::Open(named.name, &opened) == SegmentError::kBadSize);
}

TEST_CASE("Segment: an object too short for a header is refused") {
  const off_t size = GENERATE(0, 1, 255, 1023);
  Named named;
  const int fd = ::shm_open(named.name.c_str(), O_CREAT | O_RDWR, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::ftruncate(fd, size) == 0);
  ::close(fd);
  std::unique_ptr<Segment> opened;
  CHECK(Segment::Open(named.name, &opened) == SegmentError::kBadSize);
}

TEST_CASE("Segment: an object that we may not write is refused") {
  Named named;
  const int fd = ::shm_open(named.name.c_str(), O_CREAT | O_RDWR, 0400);
  REQUIRE(fd >= 0);
  ::close(fd);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Root may write everything.
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(100);
    std::unique_ptr<Segment> opened;
    ::_exit(static_cast<int>(Segment::Open(named.name, &opened)));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == static_cast<int>(SegmentError::kDenied));
}

TEST_CASE("Segment: slots follow each other without overlap and end with the object") {
  const test::SegmentPair pair(3, 441);
  const Geometry& geometry = pair.client->geometry();
  std::byte* const base = reinterpret_cast<std::byte*>(&pair.client->header());
  for (std::uint32_t i = 1; i < kSlots; ++i) {
    CHECK(pair.client->InputSlot(i) - pair.client->InputSlot(i - 1) == InputStrideBytes(geometry));
    CHECK(pair.client->OutputSlot(i) - pair.client->OutputSlot(i - 1) ==
          OutputStrideBytes(geometry));
  }
  CHECK(pair.client->InputSlot(0) == base + kRingsOffset);
  CHECK(pair.client->OutputSlot(0) ==
        pair.client->InputSlot(kSlots - 1) + InputStrideBytes(geometry));
  CHECK(pair.client->OutputSlot(kSlots - 1) + OutputStrideBytes(geometry) ==
        base + TotalBytes(geometry));
  CHECK(pair.client->InputSlot(0xFFFFFFFF) == pair.client->InputSlot(kSlots - 1));
  CHECK(pair.client->OutputSlot(kSlots) == pair.client->OutputSlot(0));
}

}  // namespace
}  // namespace continuo::ipc
