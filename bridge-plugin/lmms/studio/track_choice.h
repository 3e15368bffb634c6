// SPDX-License-Identifier: GPL-3.0-or-later
// A list of the song's instrument tracks, or of those of samples, with something else as its first entry.
#pragma once

#include <QComboBox>

#include "song_link.h"

namespace continuo::fx
{

class TrackChoice : public QComboBox
{
	Q_OBJECT
public:
	enum class Of
	{
		instruments,
		samples
	};

	TrackChoice(const SongLink* song, const QString& first, QWidget* parent);

	void list(Of what, const QString& first);
	//! What was chosen stays chosen where it is still there
	void refresh();
	//! Null for the first entry, and where the track has gone since
	Track* track() const;
	InstrumentTrack* instrumentTrack() const { return dynamic_cast<InstrumentTrack*>(track()); }

private:
	QVector<QPointer<Track>> tracks() const;

	const SongLink* m_song;
	Of m_of = Of::instruments;
	QString m_first;
};

} // namespace continuo::fx
