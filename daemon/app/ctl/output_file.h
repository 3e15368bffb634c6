// SPDX-License-Identifier: Apache-2.0
// A small file written whole: it appears under its name complete, or not at all.
#pragma once

#include <string>
#include <string_view>

namespace continuo::ctl {

// Writes beside `path` under a hidden name, syncs, and renames. Ending signals wait
// for the moment that it takes. Throws BadOutput. See CheckOutput() in audio_output.h
// for what is to be looked at before.
void WriteWholeFile(const std::string& path, std::string_view bytes);

}  // namespace continuo::ctl
