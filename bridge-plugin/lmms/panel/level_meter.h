// SPDX-License-Identifier: GPL-3.0-or-later
// Peak levels of left and right, with the highest held and a mark for what has clipped.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>
#include <array>

#include "shared/scope/peak_meter.h"

namespace continuo::fx
{

class LevelMeter : public QWidget
{
public:
	static constexpr int meterWidth = 38;

	LevelMeter(const QString& name, QWidget* parent);

	//! The peaks since the last update
	void take(const std::array<float, 2>& peaks, double seconds);

protected:
	void paintEvent(QPaintEvent* event) override;
	void mousePressEvent(QMouseEvent* event) override;

private:
	QString m_name;
	std::array<scope::PeakMeter, 2> m_meters;
};

} // namespace continuo::fx
