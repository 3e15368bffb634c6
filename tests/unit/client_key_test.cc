// SPDX-License-Identifier: Apache-2.0
// A stream's ends of key buses: what one gives away another has, a period later.
#include <catch2/catch.hpp>

#include "tests/unit/key_bench.h"

namespace continuo::test {
namespace {

TEST_CASE("KeyPath: what is taken is the block of the period before, whoever was called first") {
  KeyBench bench;
  client::KeyPath sender(bench.Sender()), taker(bench.Taker());
  bench.Connect(&sender, &taker);
  for (std::uint64_t period = 5; period < 40; ++period) {
    const bool sender_first = period % 3 == 0;
    if (sender_first) bench.Send(&sender, period);
    const float key = bench.Take(&taker, period);
    if (!sender_first) bench.Send(&sender, period);
    CHECK(key == (period == 5 ? 0.0F : static_cast<float>(period - 1)));
  }
}

TEST_CASE("KeyPath: without a bus, a block or a period the key is silence") {
  KeyBench bench;
  client::KeyPath sender(bench.Sender()), taker(bench.Taker());
  CHECK(bench.Take(&taker, 1) == 0.0F);
  bench.Connect(&sender, &taker);
  bench.Send(&sender, 1);
  CHECK(bench.Take(&taker, 2) == 1.0F);
  CHECK(bench.Take(&taker, 3) == 0.0F);  // the sender slept
  bench.Send(&sender, 4);
  CHECK(bench.Take(&taker, 0) == 0.0F);
  taker.OfferTake(nullptr);
  CHECK(bench.Take(&taker, 5) == 0.0F);
}

TEST_CASE("KeyPath: of another program's bus it takes the latest block, each once") {
  KeyBench bench(client::KeyClock() + 1);
  client::KeyPath sender(bench.Sender()), taker(bench.Taker());
  bench.Connect(&sender, &taker);
  bench.Send(&sender, 1000);
  CHECK(bench.Take(&taker, 7) == 1000.0F);
  CHECK(bench.Take(&taker, 8) == 0.0F);
  bench.Send(&sender, 1001);
  bench.Send(&sender, 1002);
  CHECK(bench.Take(&taker, 9) == 1002.0F);
}

TEST_CASE("KeyPath: a bus of another sample rate is silence") {
  KeyBench bench(client::KeyClock(), 44100);
  client::KeyPath sender(bench.Sender()), taker(bench.Taker());
  bench.Connect(&sender, &taker);
  bench.Send(&sender, 1);
  CHECK(bench.Take(&taker, 2) == 0.0F);
}

TEST_CASE("KeyPath: without a key the rows are the caller's") {
  KeyBench bench;
  client::KeyPath sender(bench.Sender());
  float row[KeyBench::kFrames] = {};
  float* const rows[] = {row, row};
  CHECK(sender.WithKey(rows) == rows);
  CHECK(sender.WithSpare(rows) == rows);
}

}  // namespace
}  // namespace continuo::test
