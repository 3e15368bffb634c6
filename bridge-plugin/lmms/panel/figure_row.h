// SPDX-License-Identifier: GPL-3.0-or-later
// What the stream costs and does, in small clear figures; each says in its tooltip what it is.
//
//   LATENCY          LOAD   MISSED   LATE   MODE
//   4.4 ms · 196 fr  12 %   0        0      direct
//
// Threads: [main-thread].
#pragma once

#include <QWidget>
#include <array>

#include "client_stream.h"
#include "elided_label.h"

namespace continuo::fx
{

class FigureRow : public QWidget
{
	Q_OBJECT
public:
	explicit FigureRow(QWidget* parent);

	//! `periodFrames`: LMMS's longest block
	void show(const client::Snapshot& snapshot, double sampleRate, double periodFrames);

private:
	enum Figure
	{
		latency,
		load,
		missed,
		late,
		mode,
		figures
	};
	std::array<ElidedLabel*, figures> m_values;
};

} // namespace continuo::fx
