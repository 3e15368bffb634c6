// SPDX-License-Identifier: GPL-3.0-or-later
#include "candidate_card.h"

#include <QLabel>
#include <QMouseEvent>
#include <QVBoxLayout>

#include "help/help.h"
#include "roll_widget.h"

namespace continuo::fx
{

namespace
{

QString rankWords(int rank)
{
	if (rank == 1) { return CandidateCard::tr("best · "); }
	return rank > 1 ? CandidateCard::tr("no. %1 · ").arg(rank) : QString();
}

} // namespace


CandidateCard::CandidateCard(QWidget* parent) : QFrame(parent)
{
	setObjectName("candidate");
	withHelp(this, "candidates#a-card");
	auto* column = new QVBoxLayout(this);
	column->setContentsMargins(4, 3, 4, 4);
	column->setSpacing(2);
	m_title = withHelp(new QLabel(this), "candidates#score");
	m_roll = new RollWidget(this);
	column->addWidget(m_title);
	column->addWidget(m_roll, 1);
	setChosen(false);
}

void CandidateCard::showPartial(const studio::Notes& notes)
{
	m_title->setText(tr("writing …"));
	m_roll->setNotes(notes);
}

void CandidateCard::showCandidate(const studio::Candidate& candidate, int rank)
{
	QString title =
		rankWords(rank) + tr("score <b>%1</b> · seed %2").arg(candidate.score, 0, 'f', 2).arg(candidate.seed);
	const auto& parts = candidate.notes.parts;
	for (int part = 0; parts.size() > 1 && part < static_cast<int>(parts.size()); ++part)
	{
		title += QString(" · <span style='color:%1'>%2</span>")
					 .arg(RollWidget::partColour(part).name(),
						 QString::fromStdString(parts[static_cast<size_t>(part)].name).toHtmlEscaped());
	}
	m_title->setText(title);
	m_title->setToolTip(tr("0 to 1; 0.5 is the median of the songs that the model is measured by"));
	m_roll->setNotes(candidate.notes);
}

QString CandidateCard::name(const studio::Candidate& candidate, int rank)
{
	return rankWords(rank) + tr("seed %1").arg(candidate.seed);
}

void CandidateCard::setChosen(bool chosen)
{
	setStyleSheet(QString("#candidate { border: 1px solid %1; border-radius: 3px; background: #20252a; }")
					  .arg(chosen ? "#0bd556" : "#323940"));
}

void CandidateCard::setPlayhead(double ticks) { m_roll->setPlayhead(ticks); }

void CandidateCard::mousePressEvent(QMouseEvent* event)
{
	if (event->modifiers() & Qt::ControlModifier) { emit compareAsked(); }
	else { emit clicked(); }
}

} // namespace continuo::fx
