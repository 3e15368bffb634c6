// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/knob_field.h"

#include <QGridLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QToolButton>
#include <algorithm>

#include "help/help.h"
#include "panel/panel_style.h"

namespace continuo::fx
{

namespace
{

constexpr int columns = panelWidth / KnobCell::cellWidth;
constexpr int mostRows = 4; // more are scrolled through, so that the panel fits a small screen
constexpr int fewToSearch = 8;
constexpr int searchWidth = 150;

} // namespace


KnobField::KnobField(QWidget* parent) : QWidget(parent)
{
	setFixedWidth(panelWidth);
	m_head = new QWidget(this);
	m_fold = withHelp(new QToolButton(m_head), "effect#advanced");
	m_fold->setCheckable(true);
	m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
	m_fold->setToolTip(tr("Controls that are needed seldom"));
	m_search = withHelp(new QLineEdit(m_head), "effect#search");
	m_search->setPlaceholderText(tr("search"));
	m_search->setClearButtonEnabled(true);
	m_search->setFixedWidth(searchWidth);
	m_search->setToolTip(tr("Finds controls by words of their name or description"));
	auto* line = new QHBoxLayout(m_head);
	line->setContentsMargins(0, 0, 0, 0);
	line->addWidget(m_fold);
	line->addStretch();
	line->addWidget(m_search);

	m_none = new QLabel(tr("nothing by that name"), this);
	m_none->setAlignment(Qt::AlignCenter);
	m_none->setFont(panelFont(font(), textPixels));

	m_scroll = new QScrollArea(this);
	m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
	m_scroll->setFrameShape(QFrame::NoFrame);
	m_page = new QWidget;
	m_page->setObjectName("form");
	m_grid = new QGridLayout(m_page);
	m_grid->setContentsMargins(0, 0, 0, 0);
	m_grid->setSpacing(0);
	m_scroll->setWidget(m_page);

	auto* column = new QVBoxLayout(this);
	column->setContentsMargins(0, 0, 0, 0);
	column->setSpacing(4);
	column->addWidget(m_head);
	column->addWidget(m_none);
	column->addWidget(m_scroll);

	connect(m_fold, &QToolButton::toggled, this, &KnobField::arrange);
	connect(m_search, &QLineEdit::textChanged, this, &KnobField::arrange);
}

void KnobField::setParameters(const std::vector<ParameterModel*>& parameters)
{
	qDeleteAll(m_cells);
	m_cells.clear();
	m_irrelevant.clear();
	for (auto* parameter : parameters) { m_cells.push_back(new KnobCell(parameter, m_page)); }
	const auto advanced = std::count_if(m_cells.begin(), m_cells.end(), [](auto* cell) { return cell->isAdvanced(); });
	const bool many = static_cast<int>(m_cells.size()) > fewToSearch;
	m_fold->setText(tr("Advanced (%1)").arg(advanced));
	m_fold->setVisible(advanced > 0);
	m_search->setVisible(many);
	if (!many) { m_search->clear(); }
	m_head->setVisible(advanced > 0 || many);
	arrange();
}

void KnobField::arrange()
{
	const QString words = m_search->text().trimmed();
	m_fold->setArrowType(m_fold->isChecked() ? Qt::DownArrow : Qt::RightArrow);
	m_fold->setEnabled(words.isEmpty());
	std::vector<KnobCell*> shown;
	size_t basic = 0;
	for (const bool advanced : {false, true})
	{
		for (auto* cell : m_cells)
		{
			if (cell->isAdvanced() != advanced) { continue; }
			const bool isShown = words.isEmpty() ? !advanced || m_fold->isChecked() : cell->matches(words);
			cell->setVisible(isShown && m_irrelevant.count(cell) == 0);
			if (isShown) { shown.push_back(cell); }
		}
		if (!advanced) { basic = shown.size(); }
	}

	while (auto* item = m_grid->takeAt(0)) { delete item; }
	// The advanced ones begin a row of their own.
	const auto basicRows = (basic + columns - 1) / columns;
	for (size_t i = 0; i < shown.size(); ++i)
	{
		const auto at = i < basic ? i : basicRows * columns + (i - basic);
		m_grid->addWidget(shown[i], static_cast<int>(at / columns), static_cast<int>(at % columns));
	}
	const int rows = static_cast<int>(basicRows + (shown.size() - basic + columns - 1) / columns);
	// A single row that is not full stands in the middle; others stay under the columns above them.
	const int wide = rows > 1 ? columns : static_cast<int>(shown.size());
	m_page->setFixedSize(wide * KnobCell::cellWidth, rows * KnobCell::cellHeight);
	m_scroll->setAlignment(rows > 1 ? Qt::AlignLeft | Qt::AlignTop : Qt::AlignHCenter | Qt::AlignTop);
	m_scroll->setFixedHeight(qMin(rows, mostRows) * KnobCell::cellHeight);
	m_scroll->setVisible(rows > 0);
	m_none->setVisible(rows == 0 && !words.isEmpty());
}

void KnobField::showValues()
{
	for (auto* cell : m_cells) { cell->showValue(); }
}

void KnobField::showRelevant(const std::vector<bool>& relevant)
{
	// A parameter that has just been listed gets its cell with the next setParameters().
	for (size_t i = 0; i < std::min(relevant.size(), m_cells.size()); ++i)
	{
		auto* cell = m_cells[i];
		if (relevant[i]) { m_irrelevant.erase(cell); }
		else { m_irrelevant.insert(cell); }
		cell->setVisible(relevant[i] && m_grid->indexOf(cell) >= 0);
	}
}

} // namespace continuo::fx
