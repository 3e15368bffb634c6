// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_transport.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "lmms_compat.h"

namespace continuo::fx
{

namespace
{
//! LMMS counts 192 ticks in a bar of four quarters
constexpr double ticksPerQuarter = 48.0;

std::atomic<double> ticksBefore{0.0}; // where the song stood after the period before

//! LMMS moves its position before the effects run, so it is already at the block's end: behind
//! where the song went back to, if that was in this block. Then the block began where the one
//! before ended, and the next one is told as the jump.
double ticksAtBegin(const Song& song, int blockFrames)
{
	const double framesPerTick = Engine::framesPerTick();
	const double begin = songTicks(song) - blockFrames / framesPerTick;
	const double least = songLoopBegin(song).value_or(0.0);
	const double rounding = 1.0 / framesPerTick;
	return begin < least - rounding ? ticksBefore.load(std::memory_order_relaxed) : std::max(begin, least);
}
} // namespace

void followHostTransport()
{
	static const bool following = [] {
		// Emitted on the rendering thread while no effect is processed.
		QObject::connect(
			hostEngine(), &HostEngine::nextAudioBuffer, hostEngine(),
			[] { ticksBefore.store(songTicks(*Engine::getSong()), std::memory_order_relaxed); }, Qt::DirectConnection);
		return true;
	}();
	Q_UNUSED(following)
}

ipc::Transport hostTransport(int blockFrames)
{
	Song& song = *Engine::getSong();
	const bool exporting = song.isExporting();
	const bool playing = exporting || song.isPlaying();

	const bool looping = playing && songLoopBegin(song).has_value();
	const double ticks = playing ? ticksAtBegin(song, blockFrames) : songTicks(song);
	const double ticksPerBar = std::max(1, songTicksPerBar(song));

	ipc::Transport transport{};
	transport.position_quarters = ticks / ticksPerQuarter;
	transport.bar_start_quarters = std::floor(ticks / ticksPerBar) * ticksPerBar / ticksPerQuarter;
	transport.tempo_bpm = song.getTempo();
	transport.flags = ipc::kTransportKnown | (playing ? ipc::kTransportPlaying : 0U)
		| (looping ? ipc::kTransportLooping : 0U) | (exporting ? ipc::kTransportExporting : 0U);
	transport.signature_numerator = static_cast<std::uint16_t>(song.getTimeSigModel().getNumerator());
	transport.signature_denominator = static_cast<std::uint16_t>(song.getTimeSigModel().getDenominator());
	return transport;
}

} // namespace continuo::fx
