// SPDX-License-Identifier: GPL-3.0-or-later
#include "bounce_song.h"

#include <QSet>
#include <QTextStream>
#include <algorithm>

#include "lmms_samples.h"
#include "shared/project/effects.h"
#include "song_time.h"

namespace continuo::fx
{

namespace
{

constexpr int tailSeconds = 10;
constexpr const char* trackSettings = "instrumenttrack";

//! In the place of whatever it is, which may be an element of its own where something moves it
void setPlain(QDomElement& element, const QString& name, const QString& value)
{
	element.removeChild(element.firstChildElement(name));
	element.setAttribute(name, value);
}

//! Its instrument and effects without its patterns, and heard whatever the song mutes
QDomElement addTrack(QDomDocument& document, QDomElement& container, InstrumentTrack* track)
{
	auto element = stateOf(track, document, container);
	for (auto child = element.firstChild(); !child.isNull();)
	{
		const auto next = child.nextSibling();
		if (child.nodeName() != trackSettings) { element.removeChild(child); }
		child = next;
	}
	setPlain(element, "muted", "0");
	setPlain(element, "solo", "0");
	auto pattern = document.createElement(patternTag);
	pattern.setAttribute("type", 1); // of notes, not of steps
	pattern.setAttribute("pos", 0);
	pattern.setAttribute("muted", 0);
	element.appendChild(pattern);
	return pattern;
}

//! LMMS renders to the end of the last clip
void addSilence(QDomDocument& document, QDomElement& container, qint64 ticks)
{
	auto track = document.createElement("track");
	track.setAttribute("type", static_cast<int>(sampleTrackType));
	track.setAttribute("muted", 0);
	track.setAttribute("solo", 0);
	auto settings = document.createElement("sampletrack");
	settings.setAttribute("vol", 100);
	settings.setAttribute("pan", 0);
	track.appendChild(settings);
	auto clip = document.createElement(sampleClipTag);
	clip.setAttribute("src", "");
	clip.setAttribute("pos", 0);
	clip.setAttribute("len", ticks);
	clip.setAttribute("muted", 0);
	track.appendChild(clip);
	container.appendChild(track);
}

QVector<QDomElement> channelsOf(const QDomElement& mixer)
{
	QVector<QDomElement> channels;
	for (auto channel = mixer.firstChildElement(); !channel.isNull(); channel = channel.nextSiblingElement())
	{
		channels.push_back(channel);
	}
	return channels;
}

//! Those that the sound of these goes through
QSet<int> channelsHeard(const QVector<QDomElement>& channels, QSet<int> heard)
{
	for (int before = -1; before != heard.size();)
	{
		before = heard.size();
		for (const auto& channel : channels)
		{
			if (!heard.contains(channel.attribute("num").toInt())) { continue; }
			for (auto send = channel.firstChildElement("send"); !send.isNull(); send = send.nextSiblingElement("send"))
			{
				heard.insert(send.attribute("channel").toInt());
			}
		}
	}
	return heard;
}

void addMixer(DataFile& file, const QSet<int>& used)
{
	auto channels = channelsOf(stateOf(mixerChannels(), file, file.content()));
	const auto heard = channelsHeard(channels, used);
	for (auto& channel : channels)
	{
		const int number = channel.attribute("num").toInt();
		setPlain(channel, "muted", "0");
		setPlain(channel, "soloed", "0");
		if (number == 0) { setPlain(channel, "volume", "1"); }
		if (number != 0 && heard.contains(number)) { continue; }
		auto empty = file.createElement("fxchain");
		empty.setAttribute("numofeffects", 0);
		empty.setAttribute("enabled", 0);
		channel.replaceChild(empty, channel.firstChildElement("fxchain"));
	}
}

} // namespace


QByteArray bounceSong(const QVector<Audition::Sound>& sounds, int songTick)
{
	auto* const song = Engine::getSong();
	const auto time = songTimeAt(songTick);
	DataFile file(DataFile::Type::SongProject);
	file.head().setAttribute("bpm", time.tempo);
	file.head().setAttribute("timesig_numerator", time.numerator);
	file.head().setAttribute("timesig_denominator", time.denominator);
	file.head().setAttribute("mastervol", 100);
	file.head().setAttribute("masterpitch", song->masterPitch());
	auto container = file.createElement("trackcontainer");
	container.setAttribute("type", "song");
	file.content().appendChild(container);

	QVector<InstrumentTrack*> tracks;
	QVector<QDomElement> patterns;
	QSet<int> channels;
	qint64 end = 0;
	for (const auto& sound : sounds)
	{
		if (!tracks.contains(sound.track))
		{
			tracks.push_back(sound.track);
			patterns.push_back(addTrack(file, container, sound.track));
			channels.insert(mixerChannelOf(sound.track));
		}
		HostNote note(MidiTime(static_cast<tick_t>(sound.length)), MidiTime(static_cast<tick_t>(sound.start)),
			sound.key, static_cast<volume_t>(sound.volume));
		note.saveState(file, patterns[tracks.indexOf(sound.track)]);
		end = std::max(end, sound.start + sound.length);
	}
	const auto tail = static_cast<qint64>(tailSeconds * time.ticksPerSecond());
	addSilence(file, container, end + tail);
	addMixer(file, channels);
	// This LMMS sends those keys; a second sender would only wait for its turn.
	const auto effects = file.elementsByTagName(project::kControls);
	for (int i = 0; i < effects.size(); ++i) { effects.at(i).toElement().removeAttribute("send_key"); }
	auto controllers = file.createElement("controllers");
	file.content().appendChild(controllers);
	for (auto* controller : song->controllers()) { stateOf(controller, file, controllers); }

	QString text;
	QTextStream stream(&text);
	file.write(stream);
	return text.toUtf8();
}

} // namespace continuo::fx
