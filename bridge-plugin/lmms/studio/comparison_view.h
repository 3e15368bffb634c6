// SPDX-License-Identifier: GPL-3.0-or-later
// Two candidates note by note, and their figures.
//
//   ┌──────────────────────────────────────┬──────────────────┐
//   │ A [best · seed 7 ▾]                  │        A    B    │
//   │ ▂▂ ▅▅▂  ▂▂▅▅                         │ score 0.71 0.64  │
//   │ B [no. 2 · seed 8 ▾]                 │ notes   31   28  │
//   │ ▂▂ ▅▅▂    ▅▂                         │                  │
//   ├──────────────────────────────────────┴──────────────────┤
//   │ ■ 21 notes in both  ■ 10 only in A  ■ 7 only in B       │
//   └─────────────────────────────────────────────────────────┘
//
// Threads: [main-thread].
#pragma once

#include <QVector>
#include <QWidget>

#include "shared/studio/types.h"

class QComboBox;
class QLabel;
class QTreeWidget;

namespace continuo::fx
{

class RollWidget;

class ComparisonView : public QWidget
{
	Q_OBJECT
public:
	explicit ComparisonView(QWidget* parent);

	struct Choice
	{
		int index;
		QString name;
		studio::Candidate candidate;
	};
	//! What to choose from, and the indices of those that are compared
	void setChoices(const QVector<Choice>& choices, int left, int right);
	//! Where A is heard
	void setPlayhead(double ticks);

signals:
	//! The user takes another one for A
	void leftChosen(int index);
	void rightChosen(int index);

private:
	void compare(const studio::Candidate& left, const studio::Candidate& right);

	QComboBox* m_left;
	QComboBox* m_right;
	RollWidget* m_leftRoll;
	RollWidget* m_rightRoll;
	QTreeWidget* m_figures;
	QLabel* m_legend;
};

} // namespace continuo::fx
