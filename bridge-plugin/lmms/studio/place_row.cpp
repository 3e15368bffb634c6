// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_row.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <algorithm>

#include "help/help.h"
#include "track_choice.h"

namespace continuo::fx
{

namespace
{
constexpr int highestBar = 9999;
constexpr int allParts = -1;
constexpr int boxLetters = 9;
} // namespace


PlaceRow::PlaceRow(SongLink* song, QWidget* parent) : QWidget(parent), m_song(song)
{
	auto* line = new QHBoxLayout(this);
	line->setContentsMargins(0, 0, 0, 0);
	m_bar = withHelp(new QSpinBox(this), "candidates#bar");
	m_bar->setRange(1, highestBar);
	m_bar->setToolTip(tr("The bar of the song at which it begins"));
	auto* barLabel = new QLabel(tr("&Bar"), this);
	barLabel->setBuddy(m_bar);
	m_track = withHelp(new TrackChoice(song, tr("new tracks"), this), "candidates#on");
	m_track->setToolTip(tr("New tracks: one for each part; of drums one for each drum, with LMMS's samples.\n"
						   "A track that is there: all of it, as one pattern"));
	auto* trackLabel = new QLabel(tr("&on"), this);
	trackLabel->setBuddy(m_track);
	m_part = withHelp(new QComboBox(this), "candidates#part");
	m_part->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	m_part->setToolTip(tr("Which of its parts"));
	m_track->setMinimumContentsLength(boxLetters);
	m_part->setMinimumContentsLength(boxLetters);
	m_place = withHelp(new QPushButton(tr("&Place"), this), "candidates#place");
	m_place->setToolTip(tr("Puts the chosen candidate into the song"));
	m_undo = withHelp(new QPushButton(tr("&Undo placement"), this), "candidates#undo-placement");
	line->addWidget(barLabel);
	line->addWidget(m_bar);
	line->addWidget(trackLabel);
	line->addWidget(m_track, 1);
	line->addWidget(m_part, 1);
	line->addWidget(m_place);
	line->addWidget(m_undo);
	connect(m_bar, QOverload<int>::of(&QSpinBox::valueChanged), this, &PlaceRow::barChanged);
	connect(m_place, &QPushButton::clicked, this, &PlaceRow::placeAsked);
	connect(m_undo, &QPushButton::clicked, this, &PlaceRow::undo);
	setNotes({});
}

void PlaceRow::setNotes(const studio::Notes& notes)
{
	m_notes = notes;
	m_part->clear();
	m_part->addItem(tr("all parts"), allParts);
	for (std::size_t part = 0; notes.parts.size() > 1 && part < notes.parts.size(); ++part)
	{
		m_part->addItem(QString::fromStdString(notes.parts[part].name), static_cast<int>(part));
	}
	m_part->setEnabled(m_part->count() > 1);
	m_place->setEnabled(!notes.notes.empty());
	refresh();
}

void PlaceRow::setBar(int bar) { m_bar->setValue(bar); }

int PlaceRow::bar() const { return m_bar->value(); }

int PlaceRow::startTick(int skippedBars) const
{
	return SongLink::tickOf(bar()) - static_cast<int>(skippedBars * ticksPerBar());
}

void PlaceRow::refresh()
{
	m_track->refresh();
	m_undo->setEnabled(m_song->canUndo());
	m_undo->setToolTip(m_song->undoText());
}

studio::Notes PlaceRow::chosenPart() const
{
	auto chosen = m_notes;
	const int part = m_part->currentData().toInt();
	if (part == allParts) { return chosen; }
	auto& notes = chosen.notes;
	notes.erase(std::remove_if(notes.begin(), notes.end(), [part](const auto& note) { return note.part != part; }),
		notes.end());
	return chosen;
}

void PlaceRow::place(const QString& name, int skippedBars, const std::string& record, int candidate)
{
	auto notes = chosenPart();
	const auto skipped = skippedBars * ticksPerBar();
	std::vector<studio::Note> kept;
	for (auto note : notes.notes)
	{
		note.start -= skipped;
		if (note.start >= 0) { kept.push_back(note); }
	}
	notes.notes = kept;
	Place place;
	place.bar = bar();
	place.track = m_track->track();
	place.name = name;
	place.record = record;
	place.candidate = candidate;
	const auto problem = m_song->place(notes, place);
	emit said(problem.isEmpty() ? tr("Placed '%1' at bar %2").arg(name).arg(place.bar) : problem);
	refresh();
	emit songChanged();
}

void PlaceRow::undo()
{
	const auto problem = m_song->undo();
	emit said(problem.isEmpty() ? tr("The placement is taken back") : problem);
	refresh();
	emit songChanged();
	m_bar->setFocus(); // LMMS shows the song's editor where a track goes
}

} // namespace continuo::fx
