// SPDX-License-Identifier: Apache-2.0
// A key bus between a sender and its readers, and one whose other side writes what it likes.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "shared/ipc/key_bus.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

constexpr std::uint32_t kFrames = 64;
const KeyBusFormat kGood{0x1234, 48000, 2, kFrames};

// A bus with both its sides, and its bytes as any process of the user has them.
struct Bench {
  Bench() {
    std::unique_ptr<KeyBus> made;
    REQUIRE(KeyBus::Create(name, kGood, &made) == SegmentError::kNone);
    REQUIRE(KeyBus::Open(name, KeyBus::Side::kWriter, &writer) == SegmentError::kNone);
    REQUIRE(KeyBus::Open(name, KeyBus::Side::kReader, &reader) == SegmentError::kNone);
    const int file = ::shm_open(("/" + name).c_str(), O_RDWR, 0);
    REQUIRE(file >= 0);
    size = KeyBus::TotalBytes(kGood);
    bytes =
        static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    struct stat info {};
    REQUIRE(::fstat(file, &info) == 0);
    mode = info.st_mode & 0777;
    ::close(file);
  }
  ~Bench() {
    ::munmap(bytes, size);
    KeyBus::Remove(name);
  }
  void Write(std::uint64_t period, float left, float right, std::uint32_t frames = kFrames) {
    const std::vector<float> a(frames, left), b(frames, right);
    const float* const rows[] = {a.data(), b.data()};
    writer->Write(period, rows, frames);
  }
  bool Read(std::uint64_t period, std::uint32_t channels = 2, std::uint32_t frames = kFrames) {
    out.assign(channels, std::vector<float>(frames, -1.0F));
    std::vector<float*> rows;
    for (auto& row : out) rows.push_back(row.data());
    return reader->ReadUntrusted(period, rows.data(), channels, frames);
  }
  void Poke(std::size_t offset, const void* value, std::size_t count) {
    std::memcpy(bytes + offset, value, count);
  }
  [[nodiscard]] std::size_t SlotOffset(std::uint64_t period) const {
    const std::size_t stride = (size - 64) / KeyBus::kSlots;
    return 64 + period % KeyBus::kSlots * stride;
  }

  std::string name = test::FreshSegmentName();
  std::unique_ptr<KeyBus> writer, reader;
  std::byte* bytes = nullptr;
  std::size_t size = 0;
  unsigned mode = 0;
  std::vector<std::vector<float>> out;
};

TEST_CASE("KeyBus: a block is read by its period, by any number of readers") {
  Bench bench;
  CHECK(bench.mode == 0600);
  CHECK(bench.reader->format().clock == 0x1234);
  bench.Write(7, 0.25F, 0.5F);
  bench.Write(8, 0.75F, 1.0F);
  for (int reader = 0; reader < 2; ++reader) {
    REQUIRE(bench.Read(7));
    CHECK(bench.out[0] == std::vector<float>(kFrames, 0.25F));
    CHECK(bench.out[1] == std::vector<float>(kFrames, 0.5F));
  }
  REQUIRE(bench.Read(8));
  CHECK(bench.out[1][0] == 1.0F);
  CHECK(bench.reader->NewestUntrusted() == 8);
}

TEST_CASE("KeyBus: a period that there is not, or not any more, is silence") {
  Bench bench;
  CHECK_FALSE(bench.Read(0));
  CHECK(bench.out[1] == std::vector<float>(kFrames, 0.0F));
  for (std::uint64_t period = 1; period <= 12; ++period) bench.Write(period, 1, 1);
  CHECK_FALSE(bench.Read(4));
  CHECK(bench.out[0] == std::vector<float>(kFrames, 0.0F));
  CHECK(bench.Read(5));
  CHECK_FALSE(bench.Read(13));
}

TEST_CASE("KeyBus: other lengths and channels fit") {
  Bench bench;
  bench.Write(1, 0.25F, 0.5F, 16);
  REQUIRE(bench.Read(1, 3));
  CHECK(bench.out[0][15] == 0.25F);
  CHECK(bench.out[0][16] == 0.0F);
  CHECK(bench.out[2][15] == 0.5F);  // the last channel goes on
  REQUIRE(bench.Read(1, 1, 8));
  CHECK(bench.out[0] == std::vector<float>(8, 0.25F));
  bench.Write(2, 1, 1, 2 * kFrames);
  REQUIRE(bench.Read(2));
  CHECK(bench.out[0].back() == 1.0F);
}

TEST_CASE("KeyBus: what a hostile process writes into a block is refused or made silence") {
  Bench bench;
  bench.Write(3, 0.25F, 0.5F);
  REQUIRE(bench.Read(3));
  const std::size_t slot = bench.SlotOffset(3);
  SECTION("a version that says it is being written") {
    const std::uint64_t odd = 3;
    bench.Poke(slot, &odd, sizeof odd);
    CHECK_FALSE(bench.Read(3));
  }
  SECTION("more frames than fit") {
    for (const std::uint32_t frames : {kFrames + 1, std::numeric_limits<std::uint32_t>::max()}) {
      bench.Poke(slot + 16, &frames, sizeof frames);
      CHECK_FALSE(bench.Read(3));
      CHECK(bench.out[0] == std::vector<float>(kFrames, 0.0F));
    }
  }
  SECTION("what is not finite") {
    const float bad[] = {std::numeric_limits<float>::quiet_NaN(),
                         std::numeric_limits<float>::infinity()};
    bench.Poke(slot + 64, bad, sizeof bad);
    REQUIRE(bench.Read(3));
    CHECK(bench.out[0][0] == 0.0F);
    CHECK(bench.out[0][1] == 0.0F);
    CHECK(bench.out[0][2] == 0.25F);
  }
  SECTION("everything, at once") {
    const std::vector<std::uint8_t> noise(bench.size, 0xFE);
    bench.Poke(0, noise.data(), noise.size());
    for (std::uint64_t period = 0; period < 16; ++period) CHECK_FALSE(bench.Read(period));
    static_cast<void>(bench.reader->NewestUntrusted());
    bench.Write(3, 0.5F, 0.5F);  // the writer believes nothing of it
    REQUIRE(bench.Read(3));
    CHECK(bench.out[0][5] == 0.5F);
  }
}

TEST_CASE("KeyBus: a header that does not fit is not opened") {
  Bench bench;
  std::unique_ptr<KeyBus> opened;
  const auto open = [&] { return KeyBus::Open(bench.name, KeyBus::Side::kReader, &opened); };
  const auto refused = [&](std::size_t offset, std::uint32_t value, SegmentError expected) {
    std::uint32_t before = 0;
    std::memcpy(&before, bench.bytes + offset, sizeof before);
    bench.Poke(offset, &value, sizeof value);
    CHECK(open() == expected);
    bench.Poke(offset, &before, sizeof before);
  };
  refused(0, 1, SegmentError::kBadMagic);
  refused(4, 99, SegmentError::kBadVersion);
  refused(8, 1, SegmentError::kBadSize);   // total
  refused(24, 1, SegmentError::kInvalid);  // rate
  refused(28, 0, SegmentError::kInvalid);  // channels
  refused(28, 8, SegmentError::kBadSize);
  refused(32, 4096, SegmentError::kBadSize);  // frames
  refused(32, 1U << 31, SegmentError::kInvalid);
  refused(36, 1, SegmentError::kBadSize);  // slots
  CHECK(open() == SegmentError::kNone);
  CHECK(KeyBus::Open(test::FreshSegmentName(), KeyBus::Side::kReader, &opened) ==
        SegmentError::kNotFound);
  std::unique_ptr<KeyBus> made;
  CHECK(KeyBus::Create(bench.name, kGood, &made) == SegmentError::kExists);
  KeyBusFormat none = kGood;
  none.channels = 0;
  CHECK(KeyBus::Create(test::FreshSegmentName(), none, &made) == SegmentError::kInvalid);
}

TEST_CASE("KeyBus: a reader gets whole blocks or none while the writer goes on") {
  Bench bench;
  constexpr std::uint64_t kPeriods = 20'000;
  std::thread writer([&] {
    std::vector<float> row(kFrames);
    const float* const rows[] = {row.data(), row.data()};
    for (std::uint64_t period = 1; period <= kPeriods; ++period) {
      std::fill(row.begin(), row.end(), static_cast<float>(period));
      bench.writer->Write(period, rows, kFrames);
    }
  });
  std::uint64_t torn = 0;
  for (std::uint64_t newest = 0; newest < kPeriods;) {
    newest = bench.reader->NewestUntrusted();
    if (newest == 0 || !bench.Read(newest)) continue;
    for (const auto& row : bench.out) {
      for (const float sample : row) torn += sample != static_cast<float>(newest);
    }
  }
  writer.join();
  CHECK(torn == 0);
}

}  // namespace
}  // namespace continuo::ipc
