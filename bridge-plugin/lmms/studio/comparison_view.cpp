// SPDX-License-Identifier: GPL-3.0-or-later
#include "comparison_view.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <algorithm>

#include "roll_widget.h"
#include "shared/studio/comparison.h"

namespace continuo::fx
{

namespace
{

constexpr int figuresWidth = 256;
// Okabe and Ito's orange and blue, told apart by colour-blind eyes; what both have stands back.
const QColor onlyLeft(0xe6, 0x9f, 0x00);
const QColor onlyRight(0x56, 0xb4, 0xe9);
const QColor inBoth(0x6c, 0x78, 0x74);

enum Column
{
	nameColumn,
	leftColumn,
	rightColumn,
	columns
};

QString spot(const QColor& colour, const QString& words)
{
	return QString("<span style='color:%1'>\u25a0</span> %2").arg(colour.name(), words.toHtmlEscaped());
}

QString number(const std::map<std::string, double>& figures, const std::string& name)
{
	const auto found = figures.find(name);
	return found == figures.end() ? QString() : QString::number(found->second, 'g', 3);
}

} // namespace


ComparisonView::ComparisonView(QWidget* parent) : QWidget(parent)
{
	auto* grid = new QGridLayout(this);
	grid->setContentsMargins(0, 0, 4, 0);
	const auto addSide = [&](int row, const QString& name, RollWidget** roll, void (ComparisonView::*chosen)(int)) {
		auto* choice = new QComboBox(this);
		choice->setToolTip(tr("Which candidate is compared"));
		*roll = new RollWidget(this);
		grid->addWidget(new QLabel(name, this), row, 0);
		grid->addWidget(choice, row, 1);
		grid->addWidget(*roll, row + 1, 0, 1, 2);
		grid->setRowStretch(row + 1, 1);
		connect(choice, QOverload<int>::of(&QComboBox::activated), this,
			[this, choice, chosen] { emit(this->*chosen)(choice->currentData().toInt()); });
		return choice;
	};
	m_left = addSide(0, tr("A"), &m_leftRoll, &ComparisonView::leftChosen);
	m_right = addSide(2, tr("B"), &m_rightRoll, &ComparisonView::rightChosen);
	m_figures = new QTreeWidget(this);
	m_figures->setColumnCount(columns);
	m_figures->setHeaderLabels({QString(), tr("A"), tr("B")});
	m_figures->setRootIsDecorated(false);
	m_figures->setSelectionMode(QAbstractItemView::NoSelection);
	m_figures->setFixedWidth(figuresWidth);
	m_figures->header()->setStretchLastSection(false);
	m_figures->header()->setSectionResizeMode(nameColumn, QHeaderView::Stretch);
	for (const auto narrow : {leftColumn, rightColumn})
	{
		m_figures->header()->setSectionResizeMode(narrow, QHeaderView::ResizeToContents);
	}
	grid->addWidget(m_figures, 0, 2, 4, 1);
	grid->setColumnStretch(1, 1);
	m_legend = new QLabel(this);
	m_legend->setToolTip(tr("Notes are the same that begin at the same tick of LMMS, last as long and are as high"));
	grid->addWidget(m_legend, 4, 0, 1, 3);
}

void ComparisonView::setChoices(const QVector<Choice>& choices, int left, int right)
{
	const Choice* of[2] = {nullptr, nullptr};
	m_left->clear();
	m_right->clear();
	for (const auto& choice : choices)
	{
		m_left->addItem(choice.name, choice.index);
		m_right->addItem(choice.name, choice.index);
		if (choice.index == left) { of[0] = &choice; }
		if (choice.index == right) { of[1] = &choice; }
	}
	m_left->setCurrentIndex(m_left->findData(left));
	m_right->setCurrentIndex(m_right->findData(right));
	if (of[0] != nullptr && of[1] != nullptr) { compare(of[0]->candidate, of[1]->candidate); }
}

void ComparisonView::setPlayhead(double ticks) { m_leftRoll->setPlayhead(ticks); }

void ComparisonView::compare(const studio::Candidate& left, const studio::Candidate& right)
{
	const auto matched = studio::Compare(left.notes, right.notes);
	m_leftRoll->setCompared(left.notes, right.notes, matched.left, inBoth, onlyLeft);
	m_rightRoll->setCompared(right.notes, left.notes, matched.right, inBoth, onlyRight);
	const auto both = static_cast<int>(matched.count);
	m_legend->setText(QStringList{spot(inBoth, tr("%1 notes in both").arg(both)),
		spot(onlyLeft, tr("%1 only in A").arg(static_cast<int>(matched.left.size()) - both)),
		spot(onlyRight, tr("%1 only in B").arg(static_cast<int>(matched.right.size()) - both))}
						  .join("\u2003"));

	const auto leftFigures = studio::FiguresOf(left);
	const auto rightFigures = studio::FiguresOf(right);
	auto all = leftFigures;
	all.insert(rightFigures.begin(), rightFigures.end());
	m_figures->clear();
	for (const auto& figure : all)
	{
		auto* item = new QTreeWidgetItem(m_figures);
		item->setText(nameColumn, QString::fromStdString(figure.first).replace('_', ' '));
		item->setToolTip(nameColumn, item->text(nameColumn));
		item->setText(leftColumn, number(leftFigures, figure.first));
		item->setText(rightColumn, number(rightFigures, figure.first));
	}
}

} // namespace continuo::fx
