// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_row.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>

#include "bounce_song.h"
#include "help/help.h"
#include "track_choice.h"

namespace continuo::fx
{

namespace
{
constexpr int highestBar = 9999;
constexpr int boxLetters = 9;
constexpr int patternForm = 0;
constexpr int sampleForm = 1;
constexpr int exportMilliseconds = 300;

int ticksOf(const studio::Notes& notes, int bars)
{
	return static_cast<int>(bars * studio::TicksPerBar(notes.numerator, notes.denominator));
}

QString aboutRecipe(const Place& place)
{
	return place.record.empty() ? PlaceRow::tr(", without its recipe: its job has not ended, or was cancelled")
								: QString();
}
} // namespace


PlaceRow::PlaceRow(SongLink* song, Audition* audition, QWidget* parent) :
	QWidget(parent),
	m_song(song),
	m_audition(audition),
	m_bounce(new Bounce(this))
{
	auto* line = new QHBoxLayout(this);
	line->setContentsMargins(0, 0, 0, 0);
	m_bar = withHelp(new QSpinBox(this), "candidates#bar");
	m_bar->setRange(1, highestBar);
	m_bar->setToolTip(tr("The bar of the song at which it begins"));
	auto* barLabel = new QLabel(tr("&Bar"), this);
	barLabel->setBuddy(m_bar);
	m_track = withHelp(new TrackChoice(song, {}, this), "candidates#on");
	m_track->setMinimumContentsLength(boxLetters);
	auto* trackLabel = new QLabel(tr("&on"), this);
	trackLabel->setBuddy(m_track);
	m_form = withHelp(new QComboBox(this), "candidates#as");
	m_form->insertItem(patternForm, tr("Pattern"));
	m_form->insertItem(sampleForm, tr("Sample"));
	m_form->setToolTip(tr("Pattern: its notes.\n"
						  "Sample: the sound of them, as Listen plays them, in a file of its own"));
	auto* formLabel = new QLabel(tr("as"), this);
	formLabel->setBuddy(m_form);
	m_place = withHelp(new QPushButton(this), "candidates#place");
	m_undo = withHelp(new QPushButton(tr("&Undo placement"), this), "candidates#undo-placement");
	line->addWidget(barLabel);
	line->addWidget(m_bar);
	line->addWidget(trackLabel);
	line->addWidget(m_track, 1);
	line->addWidget(formLabel);
	line->addWidget(m_form);
	line->addWidget(m_place);
	line->addWidget(m_undo);
	connect(m_bar, QOverload<int>::of(&QSpinBox::valueChanged), this, &PlaceRow::barChanged);
	connect(m_form, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &PlaceRow::takeForm);
	connect(m_place, &QPushButton::clicked, this, &PlaceRow::press);
	connect(m_undo, &QPushButton::clicked, this, &PlaceRow::undo);
	connect(m_bounce, &Bounce::ended, this, &PlaceRow::takeSound);
	connect(m_bounce, &Bounce::progressed, this,
		[this](int percent) { emit said(tr("Playing it into a file: %1 %").arg(percent)); });
	// What is being played is for the song that was open.
	connect(Engine::getSong(), &Song::projectLoaded, this, &PlaceRow::stop);
	takeForm();
}

bool PlaceRow::isSample() const { return m_form->currentIndex() == sampleForm; }

void PlaceRow::takeForm()
{
	m_track->list(isSample() ? TrackChoice::Of::samples : TrackChoice::Of::instruments,
		isSample() ? tr("a new track") : tr("new tracks"));
	m_track->setToolTip(isSample()
			? tr("The sample track that gets it")
			: tr("New tracks: one for each part; of drums one for each drum, with LMMS's samples.\n"
				 "A track that is there: all of it, as one pattern"));
	refresh();
}

void PlaceRow::setPlaceable(bool placeable)
{
	m_placeable = placeable;
	refresh();
}

void PlaceRow::setBar(int bar) { m_bar->setValue(bar); }

int PlaceRow::bar() const { return m_bar->value(); }

int PlaceRow::startTick(const studio::Notes& notes, int skippedBars) const
{
	return SongLink::tickOf(bar()) - ticksOf(notes, skippedBars);
}

void PlaceRow::refresh()
{
	m_track->refresh();
	m_undo->setEnabled(m_song->canUndo());
	m_undo->setToolTip(m_song->undoText());
	showState();
}

void PlaceRow::showState()
{
	const bool running = m_bounce->isRunning();
	m_place->setText(running ? tr("Sto&p") : tr("&Place"));
	m_place->setToolTip(running ? tr("Stops playing it into a file; nothing is placed")
								: tr("Puts the chosen candidate into the song"));
	m_place->setEnabled(running || m_placeable);
}

void PlaceRow::press()
{
	if (!m_bounce->isRunning())
	{
		emit placeAsked();
		return;
	}
	stop();
	emit said(tr("Stopped; nothing is placed"));
}

void PlaceRow::stop()
{
	m_bounce->cancel();
	showState();
}

void PlaceRow::place(const studio::Notes& all, int skippedBars, Place what, InstrumentTrack* player)
{
	auto notes = all;
	const int skipped = ticksOf(notes, skippedBars);
	std::vector<studio::Note> kept;
	for (auto note : notes.notes)
	{
		note.start -= skipped;
		if (note.start >= 0) { kept.push_back(note); }
	}
	notes.notes = kept;
	what.bar = bar();
	what.track = m_track->track();
	if (isSample())
	{
		bounce(notes, what, player);
		return;
	}
	const auto problem = m_song->place(notes, what);
	end(problem.isEmpty() ? tr("Placed '%1' at bar %2").arg(what.name).arg(what.bar) + aboutRecipe(what) : problem);
}

void PlaceRow::bounce(const studio::Notes& notes, const Place& place, InstrumentTrack* player)
{
	const auto sounds = m_audition->sounds(notes, player);
	m_bounced = place;
	const auto problem = sounds.isEmpty()
		? tr("the instrument plays none of its notes")
		: m_bounce->start(bounceSong(sounds, SongLink::tickOf(place.bar)), static_cast<int>(hostSampleRate()));
	// Where it could not begin at all it has said so itself.
	if (!problem.isEmpty()) { emit said(problem); }
	else if (m_bounce->isRunning()) { emit said(tr("Playing it into a file …")); }
	showState();
}

void PlaceRow::takeSound(const QString& wav, const QString& problem)
{
	// LMMS lets events through while it loads a song; this sound is for the one before.
	if (Engine::getSong()->isLoadingProject())
	{
		showState();
		return;
	}
	if (!problem.isEmpty())
	{
		end(problem);
		return;
	}
	const auto sound = keepSound(wav, m_song->soundFolder());
	if (!sound.problem.isEmpty())
	{
		end(sound.problem);
		return;
	}
	putSound(sound, m_bounced);
}

void PlaceRow::putSound(const KeptFile& sound, const Place& place)
{
	if (Engine::getSong()->isExporting())
	{
		// What is exported does not change on the way.
		QTimer::singleShot(exportMilliseconds, this, [this, sound, place] { putSound(sound, place); });
		return;
	}
	m_song->placeSound(sound, place);
	const auto words = tr("Placed '%1' at bar %2 as a sample").arg(place.name).arg(place.bar) + aboutRecipe(place);
	end(m_song->hasFile() ? words
						  : tr("%1; as the song has no file yet, the sound is among your samples, in '%2'")
								.arg(words, m_song->soundFolder()));
}

void PlaceRow::end(const QString& words)
{
	emit said(words);
	refresh();
	emit songChanged();
}

void PlaceRow::undo()
{
	const auto problem = m_song->undo();
	end(problem.isEmpty() ? tr("The placement is taken back") : problem);
	m_bar->setFocus(); // LMMS shows the song's editor where a track goes
}

} // namespace continuo::fx
