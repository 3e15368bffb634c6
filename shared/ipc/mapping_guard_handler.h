// SPDX-License-Identifier: Apache-2.0
// The handler behind mapping_guard.h. Apart, as no library may include it: its host's signals are
// not its own.
#pragma once

namespace continuo::ipc {

// For main(), before there are threads and mappings. A second time does nothing.
void InstallMappingGuard() noexcept;

}  // namespace continuo::ipc
