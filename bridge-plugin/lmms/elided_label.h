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

	//! `more` stands in the tooltip alone
	void setWholeText(const QString& text, const QString& more = {})
	{
		setText(fontMetrics().elidedText(text, Qt::ElideRight, width()));
		setToolTip(more.isEmpty() ? text : text + "\n\n" + more);
	}
};

} // namespace continuo::fx
