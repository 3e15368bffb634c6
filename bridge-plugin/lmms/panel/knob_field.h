// SPDX-License-Identifier: GPL-3.0-or-later
// The knobs of a model: the basic ones, the advanced ones behind a fold, and a search where there
// are many. What is searched for is found behind the fold too.
//
//   ▸ Advanced (12)                    [ search ]
//    ◐       ◐       ◐       ◐       ◐       ◐
//
// Threads: [main-thread].
#pragma once

#include <QWidget>
#include <set>
#include <vector>

#include "panel/knob_cell.h"

class QGridLayout;
class QLineEdit;
class QScrollArea;
class QToolButton;

namespace continuo::fx
{

class KnobField : public QWidget
{
	Q_OBJECT
public:
	explicit KnobField(QWidget* parent);

	void setParameters(const std::vector<ParameterModel*>& parameters);
	void showValues();
	//! One of the parameters each: those that do not matter now leave their place empty, so that no
	//! other moves away from a hand
	void showRelevant(const std::vector<bool>& relevant);

private slots:
	void arrange();

private:
	std::vector<KnobCell*> m_cells;
	std::set<const KnobCell*> m_irrelevant;
	QWidget* m_head;
	QToolButton* m_fold;
	QLineEdit* m_search;
	QLabel* m_none;
	QScrollArea* m_scroll;
	QWidget* m_page;
	QGridLayout* m_grid;
};

} // namespace continuo::fx
