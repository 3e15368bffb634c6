// SPDX-License-Identifier: GPL-3.0-or-later
#include "drum_kit.h"

namespace continuo::fx
{

namespace
{
constexpr const char* sampler = "audiofileprocessor";
constexpr const char* samplerName = "AudioFileProcessor"; // as people see it
} // namespace

const QVector<DrumSound>& drumSounds()
{
	static const QVector<DrumSound> sounds{
		{"Kick", "drums/kick01.ogg", {35, 36}},
		{"Snare", "drums/snare01.ogg", {38, 40}},
		{"Side stick", "drums/sidestick01.ogg", {37}},
		{"Clap", "drums/clap01.ogg", {39}},
		{"Closed hat", "drums/hihat_closed01.ogg", {42}},
		{"Pedal hat", "drums/hihat_foot_pedal01.ogg", {44}},
		{"Open hat", "drums/hihat_opened01.ogg", {46}},
		{"Low tom", "drums/tom_low01.ogg", {41, 43, 45}},
		{"Mid tom", "drums/tom_mid01.ogg", {47, 48}},
		{"High tom", "drums/tom_hi01.ogg", {50}},
		{"Crash", "drums/crash01.ogg", {49, 52, 55, 57}},
		{"Ride", "drums/ride01.ogg", {51, 53, 59}},
		{"Rim", "drums/rim01.ogg", {}},
	};
	return sounds;
}

int drumSoundOf(int pitch)
{
	const auto& sounds = drumSounds();
	for (int i = 0; i < sounds.size(); ++i)
	{
		if (sounds[i].pitches.contains(pitch)) { return i; }
	}
	return sounds.size() - 1;
}

int drumSoundOf(const InstrumentTrack& track)
{
	if (track.instrumentName() != samplerName) { return -1; }
	const auto& sounds = drumSounds();
	for (int i = 0; i < sounds.size(); ++i)
	{
		if (track.name() == QObject::tr(sounds[i].name)) { return i; }
	}
	return -1;
}

bool loadDrumSound(InstrumentTrack* track, const DrumSound& sound)
{
	auto* instrument = track->loadInstrument(sampler);
	if (instrument == nullptr) { return false; }
	instrument->loadFile(sound.sample);
	track->setName(QObject::tr(sound.name)); // loading has renamed it
	return true;
}

} // namespace continuo::fx
