// SPDX-License-Identifier: GPL-3.0-or-later
// What was made: its candidates as piano rolls, why they are good, and what to do with the one
// that is chosen: listen, place in the song, take out again.
//
//   ┌───────────────────────────────────────────┐
//   │ best · score 0.71 · seed 7                │  a card a candidate, the best one first
//   │ ▂▂ ▅▅▂  ▂▂▅▅                              │
//   ├───────────────────────────────────────────┤
//   │ + stays in the scale  − few rests         │  reasons
//   │ [More like this] [Busier] [Calmer] Bars [3] to [4] [Redo] │
//   │ Listen with [built-in sounds ▾] [all parts ▾] [Listen] [Compare side by side] │
//   │ Bar [3] on [new tracks ▾] as [Pattern ▾] [Place] [Undo placement] │
//   └───────────────────────────────────────────┘
//
// Threads: [main-thread].
#pragma once

#include <QVector>
#include <QWidget>

#include "audition.h"
#include "shared/studio/types.h"
#include "song_link.h"

class QLabel;
class QPushButton;
class QScrollArea;
class QSpinBox;
class QTimer;
class QVBoxLayout;

namespace continuo::fx
{

class CandidateCard;
class ComparisonView;
class PartChoice;
class PlaceRow;
class TrackChoice;

class CandidatesPanel : public QWidget
{
	Q_OBJECT
public:
	CandidatesPanel(SongLink* song, Audition* audition, QWidget* parent);

	//! Empty, but for `count` cards; what is made is called `name`
	void begin(int count, const QString& name);
	void addPartial(int index, const std::vector<studio::Note>& notes, int numerator, int denominator);
	void addCandidate(const studio::Candidate& candidate);
	void rank(const std::vector<int>& ranking);
	//! What it is a candidate of, for what derives from it
	void setRecord(const studio::Record& record);
	//! All at once, as the history has it
	void showRecord(const studio::Record& record, const QString& name);
	//! In place of candidates
	void showWords(const QString& words);

	const studio::Candidate* chosen() const;
	void setBar(int bar);
	//! Where the chosen one goes
	int bar() const;
	//! So many bars at the beginning are the input's; they are heard and seen, and not placed
	void setInputBars(int bars) { m_inputBars = bars; }
	void refreshTracks();

signals:
	void chosenChanged();
	void barChanged();
	void said(const QString& words); //!< what came of placing, for the line below
	//! A request that follows from the chosen candidate
	void derive(const continuo::studio::Request& request, const QString& name);

private slots:
	void listen();
	void place();
	void follow();

private:
	struct Item
	{
		CandidateCard* card = nullptr;
		studio::Candidate candidate;
		studio::Notes partial;
		bool ready = false;
		int rank = 0;
	};
	QWidget* makeDeriveRow();
	QWidget* makeListenRow();
	Item& item(int index);
	void choose(int index);
	QVector<int> byRank() const;
	void order();
	void showChosen();
	void compareWith(int index);
	void showComparison();
	void deriveVariation(double busy, const QString& how);

	SongLink* m_song;
	Audition* m_audition;
	QVector<Item> m_items;
	int m_chosen = -1;
	int m_other = -1; //!< what the chosen one is compared with
	int m_playing = -1;
	QString m_name;
	int m_inputBars = 0;
	studio::Record m_record;

	QWidget* m_deriveRow;
	QSpinBox* m_firstBar;
	QSpinBox* m_lastBar;
	QScrollArea* m_scroll;
	QVBoxLayout* m_cards;
	ComparisonView* m_comparison;
	QPushButton* m_compare;
	QLabel* m_words;
	QLabel* m_reasons;
	TrackChoice* m_instrument;
	PartChoice* m_part;
	QPushButton* m_listen;
	PlaceRow* m_placeRow;
	QTimer* m_timer;
};

} // namespace continuo::fx
