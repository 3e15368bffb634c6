// SPDX-License-Identifier: GPL-3.0-or-later
// shared/client beside Qt, whose macros take words (`slots`) that the segment's layout uses.
#pragma once

#pragma push_macro("slots")
#pragma push_macro("signals")
#pragma push_macro("emit")
#undef slots
#undef signals
#undef emit

#include "shared/client/relevance.h"
#include "shared/client/stream.h"

#pragma pop_macro("emit")
#pragma pop_macro("signals")
#pragma pop_macro("slots")
