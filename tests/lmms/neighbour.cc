// SPDX-License-Identifier: Apache-2.0
// A library in LMMS's plugin directory that carries its own protobuf messages: it
// uses them when it is loaded and when LMMS ends, before and after our plugin.
// Writes to $CONTINUO_SCOPE_PROBE "neighbour <when> right" or "… wrong".
#include <cstdio>
#include <cstdlib>

#include NEIGHBOUR_HEADER

namespace {

bool RoundTrip() {
  NEIGHBOUR sent;
  sent.set_text("neighbour");
  for (std::uint32_t number = 0; number < 1000; ++number) sent.add_numbers(number * number);
  NEIGHBOUR received;
  return received.ParseFromString(sent.SerializeAsString()) && received.text() == "neighbour" &&
         received.numbers_size() == 1000 && received.numbers(999) == 999 * 999 &&
         received.GetDescriptor()->full_name() == NEIGHBOUR_NAME;
}

void Note(const char* when) {
  const char* path = std::getenv("CONTINUO_SCOPE_PROBE");
  std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "a");
  if (file == nullptr) return;
  std::fprintf(file, "neighbour %s %s\n", when, RoundTrip() ? "right" : "wrong");
  std::fclose(file);
}

const struct Neighbour {
  Neighbour() { Note("start"); }
  ~Neighbour() { Note("end"); }
} neighbour;

}  // namespace
