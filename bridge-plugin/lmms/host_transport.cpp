// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_transport.h"

#include <algorithm>
#include <cmath>

#include "lmms_compat.h"

namespace continuo::fx
{

namespace
{
//! LMMS counts 192 ticks in a bar of four quarters
constexpr double ticksPerQuarter = 48.0;
} // namespace

ipc::Transport hostTransport(int blockFrames)
{
	Song& song = *Engine::getSong();
	const bool exporting = song.isExporting();
	const bool playing = exporting || song.isPlaying();

	// LMMS moves its position before the effects run, so it is already at the block's end.
	double ticks = songTicks(song);
	if (playing) { ticks = std::max(0.0, ticks - blockFrames / Engine::framesPerTick()); }
	const double ticksPerBar = std::max(1, songTicksPerBar(song));

	ipc::Transport transport{};
	transport.position_quarters = ticks / ticksPerQuarter;
	transport.bar_start_quarters = std::floor(ticks / ticksPerBar) * ticksPerBar / ticksPerQuarter;
	transport.tempo_bpm = song.getTempo();
	transport.flags =
		ipc::kTransportKnown | (playing ? ipc::kTransportPlaying : 0U) | (exporting ? ipc::kTransportExporting : 0U);
	transport.signature_numerator = static_cast<std::uint16_t>(song.getTimeSigModel().getNumerator());
	transport.signature_denominator = static_cast<std::uint16_t>(song.getTimeSigModel().getDenominator());
	return transport;
}

} // namespace continuo::fx
