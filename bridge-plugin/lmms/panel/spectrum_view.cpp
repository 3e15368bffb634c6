// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/spectrum_view.h"

#include <QPainter>
#include <cmath>

#include "panel/panel_style.h"

namespace continuo::fx
{

namespace
{

constexpr double lowHz = 20;
constexpr double highHz = 20000;
constexpr double topDb = 0;
constexpr double bottomDb = -90;
constexpr int pixelsPerColumn = 2;

} // namespace


SpectrumView::SpectrumView(QWidget* parent) : QWidget(parent)
{
	setFont(panelFont(font(), smallTextPixels));
	setToolTip(tr("Levels by frequency, 20 Hz to 20 kHz: blue goes in, green comes out.\n"
				  "0 dBFS is a sine of full scale (4096 points, Hann window)"));
}

void SpectrumView::take(const scope::Excerpt& excerpt, double sampleRate, double seconds)
{
	m_sampleRate = sampleRate;
	m_input.Update(excerpt.input, seconds);
	m_output.Update(excerpt.output, seconds);
	update();
}

void SpectrumView::paintEvent(QPaintEvent*)
{
	QPainter painter(this);
	painter.fillRect(rect(), paperColour);
	const double wide = width();
	const double high = height();
	const auto x = [&](double hz) { return std::log(hz / lowHz) / std::log(highHz / lowHz) * wide; };
	const auto y = [&](double db) { return (topDb - db) / (topDb - bottomDb) * high; };

	for (double decade = 10; decade < highHz; decade *= 10)
	{
		for (int of = 1; of < 10; ++of)
		{
			const double hz = of * decade;
			if (hz <= lowHz || hz >= highHz) { continue; }
			painter.setPen(of == 1 ? inkColour.darker(250) : gridColour.darker(120));
			painter.drawLine(QPointF(x(hz), 0), QPointF(x(hz), high));
		}
	}
	for (double db = topDb - 20; db > bottomDb; db -= 20)
	{
		painter.setPen(gridColour);
		painter.drawLine(QPointF(0, y(db)), QPointF(wide, y(db)));
		painter.setPen(inkColour.darker(140));
		painter.drawText(QPointF(3, y(db) - 2), QString::number(db));
	}
	painter.setPen(inkColour);
	for (const auto& [hz, words] : {std::pair{100, "100"}, {1000, "1k"}, {10000, "10k"}})
	{
		painter.drawText(QPointF(x(hz) + 3, high - 3), words);
	}

	painter.setRenderHint(QPainter::Antialiasing);
	const auto draw = [&](const scope::Spectrum& spectrum, const QColor& colour, int alpha) {
		const auto count = static_cast<size_t>(width() / pixelsPerColumn);
		const auto columns = spectrum.Columns(count, lowHz, highHz, m_sampleRate);
		QPolygonF outline;
		outline << QPointF(0, high + 1);
		for (size_t i = 0; i < count; ++i)
		{
			const double db = qMax<double>(columns[i], bottomDb - 2);
			outline << QPointF((static_cast<double>(i) + 0.5) * pixelsPerColumn, y(db));
		}
		outline << QPointF(wide, high + 1);
		QColor fill = colour;
		fill.setAlpha(alpha);
		painter.setBrush(fill);
		painter.setPen(QPen(colour, 1));
		painter.drawPolygon(outline);
	};
	draw(m_input, inputColour, 50);
	draw(m_output, outputColour, 60);

	const QRectF edge = QRectF(rect()).adjusted(4, 2, -4, -2);
	painter.setPen(outputColour);
	painter.drawText(edge, Qt::AlignRight | Qt::AlignTop, tr("out"));
	painter.setPen(inputColour);
	painter.drawText(edge.adjusted(0, 0, -26, 0), Qt::AlignRight | Qt::AlignTop, tr("in"));
}

} // namespace continuo::fx
