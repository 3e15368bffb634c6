// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/transfer_view.h"

#include <QPainter>
#include <QPainterPath>

#include "panel/panel_style.h"
#include "shared/scope/decibel.h"

namespace continuo::fx
{

namespace
{

//! Full scale of an axis, as engineers read it
QString rangeWords(float range) { return QString::number(scope::AmplitudeToDb(range), 'f', 0) + " dBFS"; }

} // namespace


TransferView::TransferView(QWidget* parent) : QWidget(parent)
{
	setFont(panelFont(font(), smallTextPixels));
	setToolTip(tr("What comes out (upwards) for what goes in (to the right), of the last instant.\n"
				  "A line: the effect answers each sample alone. A band: it has a memory, as filters and "
				  "compressors have.\nDashed: out as in. Delays are taken off"));
}

void TransferView::take(const scope::Excerpt& excerpt, double seconds)
{
	m_curve.Update(excerpt, seconds);
	update();
}

void TransferView::paintEvent(QPaintEvent*)
{
	QPainter painter(this);
	painter.fillRect(rect(), paperColour);
	painter.setRenderHint(QPainter::Antialiasing);
	const double wide = width();
	const double high = height();
	const auto x = [&](double share) { return (share + 1) / 2 * wide; }; // of the range, −1 to 1
	const auto y = [&](double share) { return (1 - share) / 2 * high; };

	for (const double share : {-0.5, 0.0, 0.5})
	{
		painter.setPen(share == 0 ? inkColour.darker(200) : gridColour);
		painter.drawLine(QPointF(x(share), 0), QPointF(x(share), high));
		painter.drawLine(QPointF(0, y(share)), QPointF(wide, y(share)));
	}
	const double slope = m_curve.input_range() / m_curve.output_range();
	painter.setPen(QPen(inkColour.darker(150), 1, Qt::DashLine));
	painter.drawLine(QPointF(x(-1), y(-slope)), QPointF(x(1), y(slope)));

	QPolygonF band;
	QPolygonF lower;
	QPolygonF mean;
	const auto& columns = m_curve.columns();
	constexpr double middle = scope::TransferCurve::kColumns / 2;
	for (size_t at = 0; at < columns.size(); ++at)
	{
		const auto& column = columns[at];
		if (column.count == 0) { continue; }
		const double across = x((static_cast<double>(at) - middle) / middle);
		band << QPointF(across, y(column.high / m_curve.output_range()));
		lower << QPointF(across, y(column.low / m_curve.output_range()));
		mean << QPointF(across, y(column.mean / m_curve.output_range()));
	}
	for (auto point = lower.crbegin(); point != lower.crend(); ++point) { band << *point; }
	QColor fill = outputColour;
	fill.setAlpha(90);
	painter.setPen(QPen(fill, 1));
	painter.setBrush(fill);
	painter.drawPolygon(band);
	painter.setPen(QPen(outputColour, 1.5));
	painter.drawPolyline(mean);

	painter.setPen(inkColour);
	const QRectF edge = QRectF(rect()).adjusted(4, 2, -4, -2);
	painter.drawText(edge, Qt::AlignLeft | Qt::AlignTop, tr("out, to %1").arg(rangeWords(m_curve.output_range())));
	painter.drawText(edge, Qt::AlignRight | Qt::AlignBottom, tr("in, to %1").arg(rangeWords(m_curve.input_range())));
}

} // namespace continuo::fx
