// SPDX-License-Identifier: GPL-3.0-or-later
#include "candidates_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QTimer>
#include <algorithm>

#include "candidate_card.h"
#include "comparison_view.h"
#include "help/help.h"
#include "part_choice.h"
#include "place_row.h"
#include "shared/studio/studio.h"
#include "track_choice.h"

namespace continuo::fx
{

namespace
{

constexpr int playheadMilliseconds = 40;
constexpr int reasonsShown = 5;
constexpr int instrumentLetters = 14;
constexpr double asItIs = -1;
constexpr double busier = 0.85;
constexpr double calmer = 0.15;
constexpr double variationOfBusy = 0.5;

} // namespace


CandidatesPanel::CandidatesPanel(SongLink* song, Audition* audition, QWidget* parent) :
	QWidget(parent),
	m_song(song),
	m_audition(audition)
{
	withHelp(this, "candidates");
	auto* column = new QVBoxLayout(this);
	column->setContentsMargins(0, 0, 0, 0);
	m_scroll = withHelp(new QScrollArea(this), "candidates#a-card");
	m_scroll->setWidgetResizable(true);
	m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
	auto* inside = new QWidget(m_scroll);
	inside->setObjectName("cards");
	m_cards = new QVBoxLayout(inside);
	m_cards->setContentsMargins(0, 0, 4, 0);
	m_words = new QLabel(inside);
	m_words->setWordWrap(true);
	m_words->setAlignment(Qt::AlignCenter);
	m_cards->addWidget(m_words, 1);
	m_scroll->setWidget(inside);
	column->addWidget(m_scroll, 1);
	m_comparison = withHelp(new ComparisonView(this), "candidates#compare-side-by-side");
	column->addWidget(m_comparison, 1);
	connect(m_comparison, &ComparisonView::leftChosen, this, &CandidatesPanel::choose);
	connect(m_comparison, &ComparisonView::rightChosen, this, &CandidatesPanel::compareWith);

	m_reasons = withHelp(new QLabel(this), "candidates#reasons");
	m_reasons->setWordWrap(true);
	m_reasons->setAlignment(Qt::AlignTop | Qt::AlignLeft);
	m_reasons->setFixedHeight(fontMetrics().lineSpacing() * 4);
	column->addWidget(m_reasons);
	m_deriveRow = makeDeriveRow();
	column->addWidget(m_deriveRow);
	column->addWidget(makeListenRow());
	m_placeRow = new PlaceRow(song, audition, this);
	column->addWidget(m_placeRow);
	connect(m_placeRow, &PlaceRow::placeAsked, this, &CandidatesPanel::place);
	connect(m_placeRow, &PlaceRow::barChanged, this, &CandidatesPanel::barChanged);
	connect(m_placeRow, &PlaceRow::songChanged, m_instrument, &TrackChoice::refresh);
	connect(m_placeRow, &PlaceRow::said, this, &CandidatesPanel::said);

	m_timer = new QTimer(this);
	connect(m_timer, &QTimer::timeout, this, &CandidatesPanel::follow);
	connect(m_audition, &Audition::ended, this, [this] {
		m_timer->stop();
		if (m_playing >= 0 && m_playing < m_items.size()) { m_items[m_playing].card->setPlayhead(-1); }
		m_comparison->setPlayhead(-1);
		m_playing = -1;
		m_listen->setText(tr("&Listen"));
	});
	begin(0, {});
}

QWidget* CandidatesPanel::makeDeriveRow()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	const auto add = [&](const QString& text, const QString& help, double busy, const QString& how) {
		auto* button = withHelp(new QPushButton(text, row), "candidates#more-like-this-busier-calmer");
		button->setToolTip(help);
		line->addWidget(button);
		connect(button, &QPushButton::clicked, this, [this, busy, how] { deriveVariation(busy, how); });
	};
	add(tr("More like this"), tr("The chosen one again, somewhat otherwise"), asItIs, tr("varied"));
	add(tr("Busier"), tr("A variation with more notes"), busier, tr("busier"));
	add(tr("Calmer"), tr("A variation with fewer notes"), calmer, tr("calmer"));
	m_firstBar = withHelp(new QSpinBox(row), "candidates#redo");
	m_lastBar = withHelp(new QSpinBox(row), "candidates#redo");
	auto* redo = withHelp(new QPushButton(tr("Redo"), row), "candidates#redo");
	redo->setToolTip(tr("Writes these bars of the chosen one anew; the others stay"));
	line->addStretch(1);
	line->addWidget(new QLabel(tr("Bars"), row));
	line->addWidget(m_firstBar);
	line->addWidget(new QLabel(tr("to"), row));
	line->addWidget(m_lastBar);
	line->addWidget(redo);
	connect(redo, &QPushButton::clicked, this, [this] {
		if (chosen() == nullptr) { return; }
		auto request = studio::Derive(m_record, *chosen(), studio::Task::kInfill);
		request.regions.push_back({m_firstBar->value(), std::max(m_firstBar->value(), m_lastBar->value()), ""});
		emit derive(request, tr("%1, redone").arg(m_name));
	});
	return row;
}

void CandidatesPanel::deriveVariation(double busy, const QString& how)
{
	if (chosen() == nullptr) { return; }
	auto request = studio::Derive(m_record, *chosen(), studio::Task::kVary);
	if (busy >= 0)
	{
		request.macros["busy"] = busy;
		request.variation = variationOfBusy;
	}
	emit derive(request, tr("%1, %2").arg(m_name, how));
}

void CandidatesPanel::setRecord(const studio::Record& record)
{
	m_record = record;
	showChosen();
}

QWidget* CandidatesPanel::makeListenRow()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	m_instrument = withHelp(new TrackChoice(m_song, tr("built-in sounds"), row), "candidates#listen-with");
	m_instrument->setMinimumContentsLength(instrumentLetters);
	m_instrument->setToolTip(
		tr("The instrument that plays it, at the tempo that the song has at its bar. Nothing is added to the song"));
	m_listen = withHelp(new QPushButton(tr("&Listen"), row), "candidates#listen");
	m_listen->setToolTip(tr("Plays the chosen candidate; again: stops"));
	m_part = withHelp(new PartChoice(row), "candidates#part");
	m_part->setToolTip(tr("Which of its parts is heard and placed"));
	line->addWidget(new QLabel(tr("Listen with"), row));
	line->addWidget(m_instrument);
	line->addWidget(m_part);
	m_compare = withHelp(new QPushButton(tr("Compare &side by side"), row), "candidates#compare-side-by-side");
	m_compare->setCheckable(true);
	m_compare->setToolTip(tr("Which notes two candidates share, and which only one has; also: click one with Ctrl"));
	line->addWidget(m_listen);
	line->addStretch(1);
	line->addWidget(m_compare);
	connect(m_listen, &QPushButton::clicked, this, &CandidatesPanel::listen);
	connect(m_compare, &QPushButton::toggled, this, &CandidatesPanel::showComparison);
	return row;
}

void CandidatesPanel::begin(int count, const QString& name)
{
	m_audition->stop();
	for (const auto& old : m_items) { delete old.card; }
	m_items.clear();
	m_chosen = -1;
	m_other = -1;
	m_compare->setChecked(false);
	m_name = name;
	m_record = {};
	m_inputBars = 0;
	for (int index = 0; index < count; ++index) { item(index); }
	m_words->setVisible(count == 0);
	showChosen();
}

CandidatesPanel::Item& CandidatesPanel::item(int index)
{
	while (m_items.size() <= index)
	{
		const int own = m_items.size();
		Item added;
		added.card = new CandidateCard;
		connect(added.card, &CandidateCard::clicked, this, [this, own] { choose(own); });
		connect(added.card, &CandidateCard::compareAsked, this, [this, own] {
			compareWith(own);
			m_compare->setChecked(m_compare->isEnabled());
		});
		m_cards->addWidget(added.card, 1);
		m_items.push_back(added);
	}
	return m_items[index];
}

void CandidatesPanel::addPartial(int index, const std::vector<studio::Note>& notes, int numerator, int denominator)
{
	auto& own = item(index);
	if (own.ready) { return; }
	own.partial.numerator = numerator;
	own.partial.denominator = denominator;
	for (const auto& note : notes)
	{
		studio::Merge(note, &own.partial.notes);
		own.partial.end = std::max(own.partial.end, note.start + note.length);
	}
	own.card->showPartial(own.partial);
}

void CandidatesPanel::addCandidate(const studio::Candidate& candidate)
{
	auto& own = item(candidate.index);
	own.candidate = candidate;
	own.ready = true;
	own.card->showCandidate(candidate, own.rank);
	m_words->setVisible(false);
	if (m_chosen < 0) { choose(candidate.index); }
}

void CandidatesPanel::rank(const std::vector<int>& ranking)
{
	for (std::size_t place = 0; place < ranking.size(); ++place)
	{
		if (ranking[place] < m_items.size()) { m_items[ranking[place]].rank = static_cast<int>(place) + 1; }
	}
	order();
	if (!ranking.empty() && ranking.front() < m_items.size()) { choose(ranking.front()); }
}

//! The best one first
QVector<int> CandidatesPanel::byRank() const
{
	QVector<int> sorted;
	for (int i = 0; i < m_items.size(); ++i) { sorted.push_back(i); }
	std::stable_sort(sorted.begin(), sorted.end(), [this](int a, int b) { return m_items[a].rank < m_items[b].rank; });
	return sorted;
}

void CandidatesPanel::order()
{
	for (const int index : byRank())
	{
		m_cards->removeWidget(m_items[index].card);
		m_cards->addWidget(m_items[index].card, 1);
		if (m_items[index].ready) { m_items[index].card->showCandidate(m_items[index].candidate, m_items[index].rank); }
	}
}

void CandidatesPanel::compareWith(int index)
{
	m_other = index;
	showComparison();
}

//! The cards, or the chosen one beside another: the one asked for, else the best of the others
void CandidatesPanel::showComparison()
{
	QVector<ComparisonView::Choice> choices;
	int other = -1;
	for (const int index : byRank())
	{
		const auto& one = m_items[index];
		if (!one.ready) { continue; }
		choices.push_back({index, CandidateCard::name(one.candidate, one.rank), one.candidate});
		if (index != m_chosen && (other < 0 || index == m_other)) { other = index; }
	}
	m_compare->setEnabled(chosen() != nullptr && other >= 0);
	const bool shown = m_compare->isChecked() && m_compare->isEnabled();
	if (shown) { m_comparison->setChoices(choices, m_chosen, other); }
	m_comparison->setVisible(shown);
	m_scroll->setVisible(!shown);
}

void CandidatesPanel::showRecord(const studio::Record& record, const QString& name)
{
	begin(0, name);
	m_record = record;
	for (const auto& candidate : record.candidates) { addCandidate(candidate); }
	rank(record.ranking);
	if (record.rating > 0 && record.chosen < m_items.size()) { choose(record.chosen); }
}

void CandidatesPanel::showWords(const QString& words)
{
	m_words->setText(words);
	m_words->setVisible(m_items.isEmpty());
}

const studio::Candidate* CandidatesPanel::chosen() const
{
	const bool there = m_chosen >= 0 && m_chosen < m_items.size() && m_items[m_chosen].ready;
	return there ? &m_items[m_chosen].candidate : nullptr;
}

void CandidatesPanel::setBar(int bar) { m_placeRow->setBar(bar); }

int CandidatesPanel::bar() const { return m_placeRow->bar(); }

void CandidatesPanel::choose(int index)
{
	m_chosen = index;
	showChosen();
	emit chosenChanged();
}

void CandidatesPanel::showChosen()
{
	for (int i = 0; i < m_items.size(); ++i) { m_items[i].card->setChosen(i == m_chosen); }
	const auto* candidate = chosen();
	QStringList reasons;
	if (candidate != nullptr)
	{
		for (const auto& reason : candidate->reasons)
		{
			reasons << QString("%1 %2").arg(
				reason.effect < 0 ? QChar(0x2212) : QChar('+'), QString::fromStdString(reason.text));
		}
	}
	// The first ones weigh most.
	m_reasons->setText(QStringList(reasons.mid(0, reasonsShown)).join("  ·  "));
	m_reasons->setToolTip(reasons.join("\n"));
	const bool derivable = candidate != nullptr && !m_record.id.empty();
	// With the focus gone the window's keys would be nobody's.
	if (!derivable && m_deriveRow->isAncestorOf(focusWidget())) { m_scroll->setFocus(); }
	m_deriveRow->setEnabled(derivable);
	if (candidate != nullptr)
	{
		const auto bar = studio::TicksPerBar(candidate->notes.numerator, candidate->notes.denominator);
		const int bars = std::max(1, static_cast<int>((candidate->notes.end + bar - 1) / bar));
		m_firstBar->setRange(1, bars);
		m_lastBar->setRange(1, bars);
	}
	m_listen->setEnabled(candidate != nullptr);
	showComparison();
	m_part->setNotes(candidate == nullptr ? studio::Notes{} : candidate->notes);
	m_placeRow->setPlaceable(candidate != nullptr && !candidate->notes.notes.empty());
	m_instrument->refresh();
}

void CandidatesPanel::refreshTracks()
{
	m_instrument->refresh();
	m_placeRow->refresh();
}

void CandidatesPanel::listen()
{
	if (m_playing >= 0)
	{
		m_audition->stop();
		return;
	}
	m_audition->stop(); // what another view plays; its end is not that of what begins here
	m_playing = m_chosen;
	m_listen->setText(tr("Stop &listening"));
	m_timer->start(playheadMilliseconds);
	m_audition->play(
		m_part->chosen(), m_instrument->instrumentTrack(), m_placeRow->startTick(chosen()->notes, m_inputBars));
}

void CandidatesPanel::follow()
{
	if (m_playing < 0 || m_playing >= m_items.size()) { return; }
	m_items[m_playing].card->setPlayhead(m_audition->position());
	m_comparison->setPlayhead(m_playing == m_chosen ? m_audition->position() : -1);
}

void CandidatesPanel::place()
{
	if (chosen() == nullptr) { return; }
	Place what;
	what.name = tr("%1 (seed %2)").arg(m_name).arg(chosen()->seed);
	what.record = m_record.id;
	what.candidate = chosen()->index;
	m_placeRow->place(m_part->chosen(), m_inputBars, what, m_instrument->instrumentTrack());
}

} // namespace continuo::fx
