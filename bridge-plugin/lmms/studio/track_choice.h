// SPDX-License-Identifier: GPL-3.0-or-later
// A list of the song's instrument tracks, with something else as its first entry.
#pragma once

#include <QComboBox>

#include "song_link.h"

namespace continuo::fx
{

class TrackChoice : public QComboBox
{
	Q_OBJECT
public:
	TrackChoice(const SongLink* song, const QString& first, QWidget* parent);

	//! What was chosen stays chosen where it is still there
	void refresh();
	//! Null for the first entry, and where the track has gone since
	InstrumentTrack* track() const;

private:
	const SongLink* m_song;
	QString m_first;
};

} // namespace continuo::fx
