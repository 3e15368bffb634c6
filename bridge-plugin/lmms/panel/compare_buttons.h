// SPDX-License-Identifier: GPL-3.0-or-later
// A and B: two sets of settings to be compared by ear, and the way from the one that sounds to the
// other.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "continuo_controls.h"

class QPushButton;

namespace continuo::fx
{

class CompareButtons : public QWidget
{
	Q_OBJECT
public:
	CompareButtons(ContinuoControls* controls, QWidget* parent);

private slots:
	void showSide();

private:
	ContinuoControls* m_controls;
	QPushButton* m_a;
	QPushButton* m_b;
	QPushButton* m_copy;
};

} // namespace continuo::fx
