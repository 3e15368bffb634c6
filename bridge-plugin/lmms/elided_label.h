// SPDX-License-Identifier: GPL-3.0-or-later
// A label of one line: what does not fit ends in "…" and stands in the tooltip.
#pragma once

#include <QLabel>

namespace continuo::fx
{

class ElidedLabel : public QLabel
{
public:
	using QLabel::QLabel;

	void setWholeText(const QString& text)
	{
		setText(fontMetrics().elidedText(text, Qt::ElideRight, width()));
		setToolTip(text);
	}
};

} // namespace continuo::fx
