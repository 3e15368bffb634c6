// SPDX-License-Identifier: GPL-3.0-or-later
#include "track_choice.h"

#include <algorithm>

namespace continuo::fx
{

namespace
{
//! A number, for a track may go while it is in the list
QVariant idOf(const Track* track) { return QVariant::fromValue(reinterpret_cast<quintptr>(track)); }
} // namespace


TrackChoice::TrackChoice(const SongLink* song, const QString& first, QWidget* parent) :
	QComboBox(parent),
	m_song(song),
	m_first(first)
{
	setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	refresh();
}

void TrackChoice::list(Of what, const QString& first)
{
	m_of = what;
	m_first = first;
	refresh();
}

QVector<QPointer<Track>> TrackChoice::tracks() const
{
	if (m_of == Of::samples) { return m_song->sampleTracks(); }
	QVector<QPointer<Track>> found;
	for (const auto& track : m_song->tracks()) { found.push_back(track.data()); }
	return found;
}

void TrackChoice::refresh()
{
	const auto before = currentData();
	clear();
	addItem(m_first, idOf(nullptr));
	for (const auto& track : tracks()) { addItem(track->name(), idOf(track)); }
	setCurrentIndex(std::max(0, findData(before)));
}

Track* TrackChoice::track() const
{
	for (const auto& track : tracks())
	{
		if (idOf(track) == currentData()) { return track; }
	}
	return nullptr;
}

} // namespace continuo::fx
