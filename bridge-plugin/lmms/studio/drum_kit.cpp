// SPDX-License-Identifier: GPL-3.0-or-later
#include "drum_kit.h"

#include <QDomDocument>
#include <QRegularExpression>
#include <algorithm>

namespace continuo::fx
{

namespace
{
constexpr const char* sampler = "audiofileprocessor";
// As people see them.
constexpr const char* samplerName = "AudioFileProcessor";
constexpr const char* kickerName = "Kicker";
constexpr const char* soundFontName = "Sf2 Player";
constexpr int drumBank = 128;
constexpr int kickSound = 0;

//! How much of the name it is, in letters; 0: none
int isWord(const char* expression, const QString& name)
{
	const QRegularExpression words(
		QString("(?<![a-z])(?:%1)(?![a-z])").arg(expression), QRegularExpression::CaseInsensitiveOption);
	int most = 0;
	for (auto matches = words.globalMatch(name); matches.hasNext();)
	{
		most = std::max(most, matches.next().capturedLength());
	}
	return most;
}

//! The sound that a track's name means; of several the one with the longest words
int soundNamed(const QString& name)
{
	const auto& sounds = drumSounds();
	int found = noDrums;
	int most = 0;
	for (int i = 0; i < sounds.size(); ++i)
	{
		if (name == QObject::tr(sounds[i].name)) { return i; }
		const int letters = isWord(sounds[i].words, name);
		if (letters > most)
		{
			most = letters;
			found = i;
		}
	}
	return found;
}

int bankOf(const InstrumentTrack& track)
{
	// LMMS tells it in the instrument's state alone, as an attribute, or as a child where it is automated.
	auto* instrument = const_cast<Instrument*>(track.instrument());
	if (instrument == nullptr) { return 0; }
	QDomDocument document;
	auto parent = document.createElement("parent");
	const auto state = instrument->saveState(document, parent);
	return state.attribute("bank", state.firstChildElement("bank").attribute("value")).toInt();
}

} // namespace

const QVector<DrumSound>& drumSounds()
{
	static const QVector<DrumSound> sounds{
		{"Kick", "drums/kick01.ogg", {35, 36}, "kick|kicker|bass ?drum"},
		{"Snare", "drums/snare01.ogg", {38, 40}, "snare"},
		{"Side stick", "drums/sidestick01.ogg", {37}, "side ?stick"},
		{"Clap", "drums/clap01.ogg", {39}, "(?:hand ?)?clap"},
		{"Closed hat", "drums/hihat_closed01.ogg", {42}, "closed hat|(?:hi-?)?hat|hi-?hat.closed"},
		{"Pedal hat", "drums/hihat_foot_pedal01.ogg", {44}, "pedal hat|hi-?hat.foot.pedal"},
		{"Open hat", "drums/hihat_opened01.ogg", {46}, "open hat|hi-?hat.open(?:ed)?"},
		{"Low tom", "drums/tom_low01.ogg", {41, 43, 45}, "low tom|floor tom|tom.low"},
		{"Mid tom", "drums/tom_mid01.ogg", {47, 48}, "tom|mid tom|tom.mid"},
		{"High tom", "drums/tom_hi01.ogg", {50}, "hi(?:gh)? tom|tom.hi"},
		{"Crash", "drums/crash01.ogg", {49, 52, 55, 57}, "crash|cymbal"},
		{"Ride", "drums/ride01.ogg", {51, 53, 59}, "ride"},
		{"Rim", "drums/rim01.ogg", {}, "rim(?:shot)?"},
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

int drumRoleOf(const InstrumentTrack& track)
{
	const auto instrument = track.instrumentName();
	if (instrument == samplerName || instrument == kickerName)
	{
		const int named = soundNamed(track.name());
		return named == noDrums && instrument == kickerName ? kickSound : named;
	}
	const bool kit = instrument == soundFontName && bankOf(track) == drumBank;
	return kit || isWord("drums?|drum ?kit|percussion", track.name()) > 0 ? wholeKit : noDrums;
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
