// SPDX-License-Identifier: GPL-3.0-or-later
#include "roll_widget.h"

#include <QPainter>
#include <algorithm>
#include <iterator>

namespace continuo::fx
{

namespace
{

constexpr int fewestPitches = 13;
constexpr int rowHeight = 84;
// Opacity of the softest notes: how loud they are can be seen, or rather which colour they have.
constexpr int loudnessShown = 110;
constexpr int coloursShown = 190;
const QColor paper(0x14, 0x16, 0x16);
const QColor blackKeyRow(0x1b, 0x1e, 0x1f);
const QColor barLine(0x42, 0xa0, 0x65, 150);
const QColor beatLine(0x29, 0x2e, 0x2b);
const QColor numberInk(0x8a, 0x96, 0xa4);

bool isBlackKey(int pitch)
{
	constexpr int black[] = {1, 3, 6, 8, 10};
	return std::find(std::begin(black), std::end(black), pitch % 12) != std::end(black);
}

} // namespace


RollWidget::RollWidget(QWidget* parent) : QWidget(parent)
{
	setMinimumHeight(rowHeight);
	setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QSize RollWidget::sizeHint() const { return {400, rowHeight}; }

QColor RollWidget::partColour(int part)
{
	static const QColor colours[] = {{0x0b, 0xd5, 0x56}, {0x4f, 0xa3, 0xe0}, {0xe8, 0xa3, 0x3d}, {0xd1, 0x6b, 0xd6}};
	return colours[part % static_cast<int>(std::size(colours))];
}

void RollWidget::Extent::include(const studio::Notes& notes)
{
	end = std::max(end, notes.end);
	for (const auto& note : notes.notes)
	{
		lowest = std::min(lowest, note.pitch);
		highest = std::max(highest, note.pitch);
	}
}

void RollWidget::setNotes(const studio::Notes& notes)
{
	m_notes = notes;
	m_colours.clear();
	for (const auto& note : notes.notes) { m_colours.push_back(partColour(note.part)); }
	m_softest = loudnessShown;
	m_extent = {};
	m_extent.include(notes);
	update();
}

void RollWidget::setCompared(const studio::Notes& notes, const studio::Notes& other, const std::vector<bool>& shared,
	const QColor& inBoth, const QColor& own)
{
	m_notes = notes;
	m_notes.notes.clear();
	m_colours.clear();
	// Two parts may have a note at one place: what is its own lies on what both have.
	for (const bool both : {true, false})
	{
		for (size_t i = 0; i < shared.size(); ++i)
		{
			if (shared[i] != both) { continue; }
			m_notes.notes.push_back(notes.notes[i]);
			m_colours.push_back(both ? inBoth : own);
		}
	}
	m_softest = coloursShown;
	m_extent = {};
	m_extent.include(notes);
	m_extent.include(other);
	update();
}

void RollWidget::setPlayhead(double ticks)
{
	m_playhead = ticks;
	update();
}

void RollWidget::paintEvent(QPaintEvent*)
{
	QPainter painter(this);
	painter.fillRect(rect(), paper);
	const auto ticksPerBar = std::max<std::int64_t>(1, studio::TicksPerBar(m_notes.numerator, m_notes.denominator));
	const auto bars = std::max<std::int64_t>(1, (m_extent.end + ticksPerBar - 1) / ticksPerBar);
	int lowest = m_extent.lowest;
	int highest = m_extent.highest;
	if (lowest > highest) { lowest = highest = 66; }
	const int missing = std::max(0, fewestPitches - (highest - lowest + 1));
	lowest -= missing / 2 + 1;
	highest += missing - missing / 2 + 1;

	constexpr int numbers = 12; // above the notes: numbers of bars
	const double rowPixels = static_cast<double>(height() - numbers) / (highest - lowest + 1);
	const double pixelsPerTick = static_cast<double>(width()) / static_cast<double>(bars * ticksPerBar);
	const auto y = [&](int pitch) { return numbers + (highest - pitch) * rowPixels; };

	for (int pitch = lowest; pitch <= highest; ++pitch)
	{
		if (isBlackKey(pitch)) { painter.fillRect(QRectF(0, y(pitch), width(), rowPixels), blackKeyRow); }
	}
	const auto ticksPerBeat = std::max<std::int64_t>(1, ticksPerBar / std::max(1, m_notes.numerator));
	QFont font = painter.font();
	font.setPixelSize(9);
	painter.setFont(font);
	const auto barsBetweenNumbers = std::max<std::int64_t>(1, 24 * bars / std::max(1, width()) + 1);
	for (std::int64_t bar = 0; bar < bars; ++bar)
	{
		const double x = static_cast<double>(bar * ticksPerBar) * pixelsPerTick;
		if (static_cast<double>(ticksPerBeat) * pixelsPerTick > 6)
		{
			painter.setPen(beatLine);
			for (auto tick = ticksPerBeat; tick < ticksPerBar; tick += ticksPerBeat)
			{
				const double at = x + static_cast<double>(tick) * pixelsPerTick;
				painter.drawLine(QPointF(at, numbers), QPointF(at, height()));
			}
		}
		painter.setPen(barLine);
		painter.drawLine(QPointF(x, 0), QPointF(x, height()));
		if (bar % barsBetweenNumbers == 0)
		{
			painter.setPen(numberInk);
			painter.drawText(QPointF(x + 3, 9), QString::number(bar + 1));
		}
	}
	for (int i = 0; i < m_colours.size(); ++i)
	{
		const auto& note = m_notes.notes[static_cast<size_t>(i)];
		QColor colour = m_colours[i];
		colour.setAlpha(m_softest + note.velocity * (255 - m_softest) / 127);
		const double x = static_cast<double>(note.start) * pixelsPerTick;
		const double wide = std::max(2.0, static_cast<double>(note.length) * pixelsPerTick - 1);
		painter.fillRect(QRectF(x, y(note.pitch), wide, std::max(2.0, rowPixels - 0.5)), colour);
	}
	if (m_playhead >= 0)
	{
		painter.setPen(Qt::white);
		const double x = m_playhead * pixelsPerTick;
		painter.drawLine(QPointF(x, 0), QPointF(x, height()));
	}
}

} // namespace continuo::fx
