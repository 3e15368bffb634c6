// SPDX-License-Identifier: GPL-3.0-or-later
// A small piano roll to look at: bars as lines, notes as bars in the colour of their part.
#pragma once

#include <QWidget>

#include "shared/studio/notes.h"

namespace continuo::fx
{

class RollWidget : public QWidget
{
	Q_OBJECT
public:
	explicit RollWidget(QWidget* parent = nullptr);

	void setNotes(const studio::Notes& notes);
	//! Ticks; below 0: no line
	void setPlayhead(double ticks);
	QSize sizeHint() const override;

	static QColor partColour(int part);

signals:
	void clicked();

protected:
	void paintEvent(QPaintEvent* event) override;
	void mousePressEvent(QMouseEvent* event) override;

private:
	studio::Notes m_notes;
	double m_playhead = -1;
};

} // namespace continuo::fx
