// SPDX-License-Identifier: GPL-3.0-or-later
// One parameter: LMMS's knob with its name under it, and the value with its unit.
//
// Threads: [main-thread]. The value is polled: automation changes it on the audio thread.
#pragma once

#include <QLabel>

#include "parameter_bank.h"

namespace continuo::fx
{

class KnobCell : public QWidget
{
public:
	static constexpr int cellWidth = 64; // six of them, and a scroll bar
	static constexpr int cellHeight = 54;

	KnobCell(ParameterModel* parameter, QWidget* parent);

	bool isAdvanced() const { return m_parameter->info().advanced; }
	//! True where name, id or description has each of the words
	bool matches(const QString& words) const;
	void showValue();

private:
	ParameterModel* m_parameter;
	QLabel* m_value;
	float m_shown;
};

} // namespace continuo::fx
