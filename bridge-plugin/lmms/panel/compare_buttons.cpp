// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/compare_buttons.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace continuo::fx
{

namespace
{
constexpr int sideWidth = 24;
constexpr int copyWidth = 50;
} // namespace


CompareButtons::CompareButtons(ContinuoControls* controls, QWidget* parent) : QWidget(parent), m_controls(controls)
{
	m_a = new QPushButton("A", this);
	m_b = new QPushButton("B", this);
	m_copy = new QPushButton(this);
	auto* line = new QHBoxLayout(this);
	line->setContentsMargins(0, 0, 0, 0);
	line->setSpacing(1);
	for (auto* side : {m_a, m_b})
	{
		side->setCheckable(true);
		side->setFixedWidth(sideWidth);
		side->setToolTip(tr("Two sets of settings to compare: model, mode, channels and all knobs.\n"
							"B starts as A is. Both stay in the project; automation stays linked"));
		line->addWidget(side);
		connect(side, &QPushButton::clicked, this, [this, side] {
			if ((side == m_b) != m_controls->isSideB()) { m_controls->switchSides(); }
			showSide();
		});
	}
	m_copy->setFixedWidth(copyWidth);
	line->addSpacing(3);
	line->addWidget(m_copy);
	connect(m_copy, &QPushButton::clicked, m_controls, &ContinuoControls::copyToOtherSide);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &CompareButtons::showSide);
	showSide();
}

void CompareButtons::showSide()
{
	const bool isB = m_controls->isSideB();
	m_a->setChecked(!isB);
	m_b->setChecked(isB);
	m_copy->setText(isB ? tr("B → A") : tr("A → B"));
	m_copy->setToolTip((isB ? tr("Makes A like B, which sounds now") : tr("Makes B like A, which sounds now"))
		+ tr(".\nLMMS's undo brings back what was there"));
}

} // namespace continuo::fx
