// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_period.h"

#include <atomic>

#include "lmms_compat.h"

namespace continuo::fx
{

namespace
{
std::atomic<quint64> period{1};
} // namespace

void countHostPeriods()
{
	static const bool counting = [] {
		// Emitted on the rendering thread while no effect is processed.
		QObject::connect(
			hostEngine(), &HostEngine::nextAudioBuffer, hostEngine(),
			[] { period.fetch_add(1, std::memory_order_relaxed); }, Qt::DirectConnection);
		return true;
	}();
	Q_UNUSED(counting)
}

quint64 hostPeriod() noexcept { return period.load(std::memory_order_relaxed); }

} // namespace continuo::fx
