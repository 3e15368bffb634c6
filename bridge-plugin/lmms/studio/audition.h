// SPDX-License-Identifier: GPL-3.0-or-later
// Plays notes through an instrument, beside the song, to the frame.
//
// Once a period, after the engine has mixed one and before it begins the next, the notes of the
// next period begin, with their offset into it.
//
// Threads: [main-thread], but for tick() [audio-thread]; what both touch changes only while the
// engine is stopped.
#pragma once

#include <QObject>
#include <QTimer>
#include <QVector>
#include <atomic>
#include <memory>

#include "lmms_song.h"
#include "shared/midi/tempo_map.h"
#include "shared/studio/notes.h"

namespace continuo::fx
{

class Audition : public QObject
{
	Q_OBJECT
public:
	//! A note of an instrument
	struct Sound
	{
		InstrumentTrack* track;
		int key;
		int volume;
		qint64 start; //!< ticks
		qint64 length;
	};

	Audition();
	~Audition() override;

	//! What play() plays, by start. Without a track: with sounds of our own
	QVector<Sound> sounds(const studio::Notes& notes, InstrumentTrack* track);
	//! From the first note on, at the tempos that the song has from that tick on, where they would begin.
	//! Without a track: through sounds of our own
	void play(const studio::Notes& notes, InstrumentTrack* track, int songTick);
	void stop();
	bool isPlaying() const { return m_playing.load(std::memory_order_acquire); }
	//! Ticks since the first note's bar
	double position() const { return m_tempos.TickAt(m_position.load(std::memory_order_relaxed)); }

signals:
	void ended(); //!< also when it was stopped

private slots:
	void finish();

private:
	struct Timed
	{
		InstrumentTrack* track;
		int key;
		int volume;
		double start; //!< seconds
		double length;
	};
	class OwnTracks;

	void tick();
	void letGo(bool silence);
	InstrumentTrack* ownTrack(int sound);

	std::unique_ptr<OwnTracks> m_own;
	QVector<InstrumentTrack*> m_used; //!< none that is gone
	bool m_active = false;
	QMetaObject::Connection m_clock;
	QTimer m_over;           //!< looks whether the last note is
	QVector<Timed> m_sounds; //!< by start
	NotePlayer m_player;
	int m_next = 0;
	midi::TempoMap m_tempos{midi::Song{}}; //!< [main-thread]
	//! Of the tempo's box when it began, which may be turned meanwhile; 0: automation moves the tempo
	double m_boxFramesPerTick = 0;
	double m_now = 0; //!< seconds
	double m_end = 0;
	std::atomic<bool> m_playing{false};
	std::atomic<double> m_position{0};
};

} // namespace continuo::fx
