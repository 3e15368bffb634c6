// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a call.
#pragma once

#include <string>

namespace continuo::service {

// "pid 1234" by SO_PEERCRED, of gRPC's name for the connection ("fd:12", as our connections are
// handed to it by descriptor); that name itself where it is none of ours.
[[nodiscard]] std::string ClientOf(const std::string& peer);

}  // namespace continuo::service
