// SPDX-License-Identifier: GPL-3.0-or-later
// Where notes go in the song: bar, track, part; and out again.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "song_link.h"

class QComboBox;
class QPushButton;
class QSpinBox;

namespace continuo::fx
{

class TrackChoice;

class PlaceRow : public QWidget
{
	Q_OBJECT
public:
	PlaceRow(SongLink* song, QWidget* parent);

	//! What could be placed; without notes nothing
	void setNotes(const studio::Notes& notes);
	void setBar(int bar);
	int bar() const;
	//! The tick of the song where the notes would begin, if so many bars at their beginning stand before that bar
	int startTick(int skippedBars) const;
	void refresh();
	//! Of the notes that were set those of the chosen part
	studio::Notes chosenPart() const;
	//! Puts them into the song but for so many bars at their beginning
	void place(const QString& name, int skippedBars, const std::string& record, int candidate);

signals:
	void placeAsked();
	void barChanged();
	void songChanged();              //!< its tracks may be others
	void said(const QString& words); //!< what came of it

private slots:
	void undo();

private:
	std::int64_t ticksPerBar() const { return studio::TicksPerBar(m_notes.numerator, m_notes.denominator); }

	SongLink* m_song;
	studio::Notes m_notes;
	QSpinBox* m_bar;
	TrackChoice* m_track;
	QComboBox* m_part;
	QPushButton* m_place;
	QPushButton* m_undo;
};

} // namespace continuo::fx
