// SPDX-License-Identifier: GPL-3.0-or-later
// Where notes go in the song, as a pattern or as the sound of it: bar, track; and out again.
//
// A sound takes a while (bounce.h): the button that places stops it meanwhile.
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "audition.h"
#include "bounce.h"
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
	PlaceRow(SongLink* song, Audition* audition, QWidget* parent);

	void setPlaceable(bool placeable);
	void setBar(int bar);
	int bar() const;
	//! The tick of the song where notes would begin, if so many bars at their beginning stand before that bar
	int startTick(const studio::Notes& notes, int skippedBars) const;
	void refresh();
	//! Puts notes into the song but for so many bars at their beginning; as a sound of `player`, which is
	//! null for our own. Of `what` bar and track are written here
	void place(const studio::Notes& notes, int skippedBars, Place what, InstrumentTrack* player);

signals:
	void placeAsked();
	void barChanged();
	void songChanged();              //!< its tracks may be others
	void said(const QString& words); //!< what came of it

private slots:
	void takeForm();
	void press();
	void undo();
	void takeSound(const QString& wav, const QString& problem);

private:
	void bounce(const studio::Notes& notes, const Place& place, InstrumentTrack* player);
	void stop();
	void putSound(const KeptFile& sound, const Place& place);
	void showState();
	void end(const QString& words);
	bool isSample() const;

	SongLink* m_song;
	Audition* m_audition;
	Bounce* m_bounce;
	Place m_bounced; //!< where what is being played goes
	bool m_placeable = false;
	QSpinBox* m_bar;
	TrackChoice* m_track;
	QComboBox* m_form;
	QPushButton* m_place;
	QPushButton* m_undo;
};

} // namespace continuo::fx
