// SPDX-License-Identifier: GPL-3.0-or-later
#include "song_time.h"

#include <algorithm>

#include "lmms_song.h"

namespace continuo::fx
{

namespace
{

//! Ticks, a 16th: a tempo that is back before the next look is not seen
constexpr int lookEvery = 12;

//! As LMMS sets them when it plays that tick, and by its own rules: mute, beats, which pattern goes before
AutomatedValueMap automatedAt(int tick) { return Engine::getSong()->automatedValuesAt(MidiTime(std::max(0, tick))); }

int valueOf(AutomatableModel* model, const AutomatedValueMap& values, int inItsBox)
{
	const auto found = values.find(model);
	if (found == values.end()) { return inItsBox; }
	return std::clamp(static_cast<int>(*found), model->minValue<int>(), model->maxValue<int>());
}

} // namespace


SongTime songTimeAt(int tick)
{
	auto* song = Engine::getSong();
	auto& signature = song->getTimeSigModel();
	const auto values = automatedAt(tick);
	return {valueOf(tempoModel(song), values, song->getTempo()),
		valueOf(&signature.numeratorModel(), values, signature.getNumerator()),
		valueOf(&signature.denominatorModel(), values, signature.getDenominator())};
}

std::vector<midi::Tempo> automatedTempos(int tick, int length)
{
	std::vector<midi::Tempo> tempos;
	auto* song = Engine::getSong();
	auto* const model = tempoModel(song);
	// What has begun lasts: where there is none at the end, there was none before.
	if (!automatedAt(tick + length).contains(model)) { return tempos; }
	const auto tempoAt = [&](int at) {
		return midi::UsPerQuarterOfLmms(valueOf(model, automatedAt(tick + at), song->getTempo()));
	};
	tempos.push_back({0, tempoAt(0)});
	for (int at = 0; at < length; at += lookEvery)
	{
		if (tempoAt(at + lookEvery) == tempos.back().us_per_quarter) { continue; }
		for (int fine = at + 1; fine <= at + lookEvery; ++fine)
		{
			const auto tempo = tempoAt(fine);
			if (tempo != tempos.back().us_per_quarter) { tempos.push_back({fine, tempo}); }
		}
	}
	return tempos;
}

} // namespace continuo::fx
