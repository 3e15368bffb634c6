// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/level_meter.h"

#include <QLinearGradient>
#include <QPainter>
#include <algorithm>

#include "panel/panel_style.h"

namespace continuo::fx
{

namespace
{

constexpr double topDb = 6;
constexpr double bottomDb = -60;
constexpr int textHeight = 13;
constexpr int clipHeight = 4;
constexpr int barWidth = 9;
constexpr int barGap = 2;
constexpr int figures[] = {0, -12, -24, -36, -48};

//! 0 at the top of the scale, 1 at its foot
double travel(double db) { return (topDb - std::clamp(db, bottomDb, topDb)) / (topDb - bottomDb); }

} // namespace


LevelMeter::LevelMeter(const QString& name, QWidget* parent) : QWidget(parent), m_name(name)
{
	setFixedWidth(meterWidth);
	setFont(panelFont(font(), smallTextPixels));
}

void LevelMeter::take(const std::array<float, 2>& peaks, double seconds)
{
	for (size_t channel = 0; channel < peaks.size(); ++channel) { m_meters[channel].Update(peaks[channel], seconds); }
	const auto words = [](double db) { return db > bottomDb ? QString::number(db, 'f', 1) : QString("-∞"); };
	setToolTip(tr("%1: left %2, right %3 dBFS, the highest of the last two seconds.\n"
				  "The mark on top says that full scale was reached. A click takes it off")
				   .arg(m_name, words(m_meters[0].hold_db()), words(m_meters[1].hold_db())));
	update();
}

void LevelMeter::mousePressEvent(QMouseEvent*)
{
	for (auto& meter : m_meters) { meter.ForgetClip(); }
	update();
}

void LevelMeter::paintEvent(QPaintEvent*)
{
	QPainter painter(this);
	const QRect area = rect().adjusted(0, textHeight, 0, -textHeight);
	const int top = area.top() + clipHeight + 1;
	const int length = area.bottom() + 1 - top;
	const auto y = [&](double db) { return top + travel(db) * length; };

	painter.setPen(inkColour);
	painter.drawText(QRect(0, 0, width(), textHeight), Qt::AlignLeft | Qt::AlignVCenter, m_name);
	for (const int db : figures)
	{
		const QRectF line(2 * barWidth + barGap + 2, y(db) - textHeight / 2.0, width(), textHeight);
		painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, QString::number(-db));
	}

	QLinearGradient colour(0, top, 0, top + length);
	colour.setColorAt(0, clipColour);
	colour.setColorAt(travel(-0.5), clipColour);
	colour.setColorAt(travel(-3), loudColour);
	colour.setColorAt(travel(-12), outputColour);
	colour.setColorAt(1, outputColour.darker(160));
	double highest = bottomDb;
	for (size_t channel = 0; channel < m_meters.size(); ++channel)
	{
		const auto& meter = m_meters[channel];
		const int x = static_cast<int>(channel) * (barWidth + barGap);
		painter.fillRect(x, area.top(), barWidth, clipHeight, meter.clipped() ? clipColour : gridColour);
		painter.fillRect(x, top, barWidth, length, paperColour);
		const double level = y(meter.level_db());
		painter.fillRect(QRectF(x, level, barWidth, top + length - level), colour);
		if (meter.hold_db() > bottomDb) { painter.fillRect(QRectF(x, y(meter.hold_db()), barWidth, 1.5), Qt::white); }
		highest = std::max(highest, meter.hold_db());
	}
	const bool clipped = m_meters[0].clipped() || m_meters[1].clipped();
	painter.setPen(clipped ? clipColour : inkColour);
	painter.drawText(QRect(0, height() - textHeight, width(), textHeight), Qt::AlignLeft | Qt::AlignVCenter,
		highest > bottomDb ? QString::number(highest, 'f', 1) : QString("-∞"));
}

} // namespace continuo::fx
