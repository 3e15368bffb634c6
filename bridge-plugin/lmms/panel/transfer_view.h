// SPDX-License-Identifier: GPL-3.0-or-later
// Output against input: a line where the effect has no memory, a band where it has.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "shared/scope/transfer_curve.h"

namespace continuo::fx
{

class TransferView : public QWidget
{
public:
	explicit TransferView(QWidget* parent);

	void take(const scope::Excerpt& excerpt, double seconds);

protected:
	void paintEvent(QPaintEvent* event) override;

private:
	scope::TransferCurve m_curve;
};

} // namespace continuo::fx
