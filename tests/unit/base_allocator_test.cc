// SPDX-License-Identifier: Apache-2.0
// Each policy in a process of its own: it is set once, before there are threads.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/allocator.h"
#include "daemon/base/process_memory.h"

namespace continuo::base {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

// What `look` returns in a child.
int InChild(const std::function<int()>& look) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(look());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// How many there are while six threads hold memory.
int ArenasOf(Arenas arenas) {
  SetAllocatorPolicy(arenas);
  constexpr int kThreads = 6;
  std::latch allocated(kThreads + 1), counted(1);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const std::string held(1000, 'a');
      allocated.arrive_and_wait();
      counted.wait();
    });
  }
  allocated.arrive_and_wait();
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const to = ::open_memstream(&text, &size);
  ::malloc_info(0, to);
  std::fclose(to);
  int count = 0;
  for (const char* at = text; (at = std::strstr(at, "<heap nr=")) != nullptr; ++at) ++count;
  std::free(text);
  counted.count_down();
  for (std::thread& thread : threads) thread.join();
  return count;
}

TEST_CASE("SetAllocatorPolicy: threads share one arena, or have their own") {
  CHECK(InChild([] { return ArenasOf(Arenas::kOne); }) == 1);
  CHECK(InChild([] { return ArenasOf(Arenas::kPerThread); }) > 1);
}

// All pages resident; the compiler may not leave it out.
void* Touched(std::size_t bytes) {
  void* const memory = std::malloc(bytes);
  for (std::size_t at = 0; at < bytes; at += 1024) static_cast<volatile char*>(memory)[at] = 1;
  return memory;
}

// Megabytes by which the process shrinks when eight are freed below something that stays.
int ShrinksBy() {
  std::free(Touched(16 * kMegabyte));
  void* const large = Touched(8 * kMegabyte);
  void* const stays = Touched(100'000);
  const std::uint64_t before = ReadResidentBytes(::getpid());
  std::free(large);
  const std::uint64_t after = ReadResidentBytes(::getpid());
  std::free(stays);
  return after < before ? static_cast<int>((before - after) / kMegabyte) : 0;
}

TEST_CASE("SetAllocatorPolicy: what is large goes back at once, whatever was freed before") {
  CHECK(InChild([] { return ShrinksBy(); }) == 0);  // as it is without
  for (const Arenas arenas : {Arenas::kOne, Arenas::kPerThread}) {
    CHECK(InChild([arenas] {
            SetAllocatorPolicy(arenas);
            return ShrinksBy();
          }) >= 7);
  }
}

TEST_CASE("GiveBackFreePages: free pages between pieces that stay go back") {
  std::vector<std::string> pieces;
  while (pieces.size() < 16 * 1024) pieces.emplace_back(1000, 'a');
  const std::string last(1000, 'a');
  pieces.resize(1);
  const std::uint64_t before = ReadResidentBytes(::getpid());
  GiveBackFreePages();
  CHECK(ReadResidentBytes(::getpid()) + 8 * kMegabyte < before);
  CHECK(last.size() == pieces.front().size());
}

}  // namespace
}  // namespace continuo::base
