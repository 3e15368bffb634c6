// SPDX-License-Identifier: GPL-3.0-or-later
// One candidate in the list: its rank, score and seed above its notes.
#pragma once

#include <QFrame>

#include "shared/studio/types.h"

class QLabel;

namespace continuo::fx
{

class RollWidget;

class CandidateCard : public QFrame
{
	Q_OBJECT
public:
	explicit CandidateCard(QWidget* parent = nullptr);

	//! Notes as they are written, before the candidate is there
	void showPartial(const studio::Notes& notes);
	//! `rank` from 1; 0: not known yet
	void showCandidate(const studio::Candidate& candidate, int rank);
	void setChosen(bool chosen);
	void setPlayhead(double ticks);
	//! "best · seed 7"
	static QString name(const studio::Candidate& candidate, int rank);

signals:
	void clicked();
	void compareAsked(); //!< by a click with Ctrl

protected:
	void mousePressEvent(QMouseEvent* event) override;

private:
	QLabel* m_title;
	RollWidget* m_roll;
};

} // namespace continuo::fx
