// SPDX-License-Identifier: GPL-3.0-or-later
// A small piano roll to look at: bars as lines, notes as bars in the colour of their part.
#pragma once

#include <QColor>
#include <QVector>
#include <QWidget>
#include <vector>

#include "shared/studio/notes.h"

namespace continuo::fx
{

class RollWidget : public QWidget
{
	Q_OBJECT
public:
	explicit RollWidget(QWidget* parent = nullptr);

	void setNotes(const studio::Notes& notes);
	//! At one scale with another's notes; those that both have in one colour, the others in their own
	void setCompared(const studio::Notes& notes, const studio::Notes& other, const std::vector<bool>& shared,
		const QColor& inBoth, const QColor& own);
	//! Ticks; below 0: no line
	void setPlayhead(double ticks);
	QSize sizeHint() const override;

	static QColor partColour(int part);

protected:
	void paintEvent(QPaintEvent* event) override;

private:
	//! What is shown of time and pitch
	struct Extent
	{
		std::int64_t end = 0;
		int lowest = 127;
		int highest = 0;
		void include(const studio::Notes& notes);
	};

	studio::Notes m_notes;
	QVector<QColor> m_colours; //!< of each note
	Extent m_extent;
	int m_softest = 255; //!< opacity of a note of velocity 0
	double m_playhead = -1;
};

} // namespace continuo::fx
