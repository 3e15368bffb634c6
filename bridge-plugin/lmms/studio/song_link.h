// SPDX-License-Identifier: GPL-3.0-or-later
// The song that LMMS has open, as the studio needs it: what is in it, notes taken from it, and
// notes put into it and taken out again.
//
// Threads: [main-thread].
#pragma once

#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QVector>

#include "kept_sound.h"
#include "lmms_samples.h"
#include "shared/studio/notes.h"
#include "song_time.h"

namespace continuo::fx
{

//! Notes as they stand in the song
struct PlacedPattern
{
	QPointer<Pattern> pattern;
	int start;  //!< ticks of the song
	int length; //!< what stands behind it is not heard
};

//! Something in the song that has notes
struct NoteSource
{
	QString name;
	QVector<PlacedPattern> patterns;
};

struct TakenNotes
{
	studio::Notes notes;
	int firstBar = 1; //!< of the song, where the notes begin
	int nextBar = 1;  //!< where they are over
	int bars = 0;     //!< of their own signature
};

//! Where to put notes, or the sound of them
struct Place
{
	int bar = 1;
	QPointer<Track> track; //!< of instruments for notes, of samples for sound; null: new ones
	QString name;          //!< of the pattern, and of a new track of one part
	std::string record;    //!< of the history, that it is a candidate of; empty: of none
	int candidate = 0;
};

//! Where what was placed came from, and to which tracks
struct Origin
{
	std::string record; //!< empty: of no record, or not in the song any more
	int candidate = 0;
	int bar = 1;
	QStringList tracks;
	std::string sound; //!< digest of its file; empty: it was placed as notes
};

class SongLink : public QObject
{
	Q_OBJECT
public:
	//! Bars are counted as LMMS's editor does: by the signature that its box has now
	static int tickOf(int bar);
	static SongTime timeAtBar(int bar) { return songTimeAt(tickOf(bar)); }

	QVector<QPointer<InstrumentTrack>> tracks() const;
	QVector<QPointer<Track>> sampleTracks() const;
	//! Patterns that are selected, the one in the piano roll, drums, beats, tracks; those there are
	QVector<NoteSource> sources() const;
	TakenNotes take(const NoteSource& source) const;

	//! Empty, or why not. A track that is there takes all of it as one pattern, in one step of
	//! LMMS's undo; else each part, or drum, gets a track of its own
	QString place(const studio::Notes& notes, const Place& place);
	//! The same of a sound as a clip
	void placeSound(const KeptFile& sound, const Place& place);
	//! Where sounds of the song lie: beside its file, or among the user's samples while it has none
	QString soundFolder() const;
	bool hasFile() const;
	//! Another song is open: what was placed is in no song any more
	void forget() { m_placements.clear(); }
	Origin originOf(quint64 placement) const;
	bool canUndo() const { return !m_placements.isEmpty(); }
	//! In words what undo() would take out
	QString undoText() const;
	//! Takes out what was placed last, if it is as it was; empty, or why not
	QString undo();

signals:
	void placed(quint64 placement);
	void takenOut(quint64 placement); //!< all of it

private:
	struct Note
	{
		int start, length, key, volume;
		bool operator==(const Note& other) const
		{
			return start == other.start && length == other.length && key == other.key && volume == other.volume;
		}
	};
	struct Placed
	{
		QPointer<Track> track;
		bool isNewTrack;
		int start; //!< ticks
		QString name;
		QVector<Note> notes;
		QString file; //!< of sound, as LMMS names it; empty: these are notes
	};
	struct Placement
	{
		quint64 id;
		Origin origin;
		QVector<Placed> clips;
	};

	void keep(Placement placement);
	Placed addPattern(InstrumentTrack* track, int start, const QString& name, const QVector<Note>& notes);
	static QVector<Note> notesOf(const Pattern& pattern);
	static HostClip* find(const Placed& placed);

	QVector<Placement> m_placements;
	quint64 m_lastId = 0;
};

} // namespace continuo::fx
