// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/figure_row.h"

#include <QGridLayout>

#include "help/help.h"
#include "panel/panel_style.h"

namespace continuo::fx
{

namespace
{

constexpr int widths[] = {108, 52, 58, 52, 110};

} // namespace


FigureRow::FigureRow(QWidget* parent) : QWidget(parent)
{
	setFixedWidth(panelWidth);
	auto* grid = new QGridLayout(this);
	grid->setContentsMargins(0, 0, 0, 0);
	grid->setHorizontalSpacing(4);
	grid->setVerticalSpacing(0);
	const QString names[] = {tr("LATENCY"), tr("LOAD"), tr("MISSED"), tr("LATE"), tr("MODE")};
	const char* const places[] = {
		"effect#latency", "effect#load", "effect#missed-and-late", "effect#missed-and-late", "effect#mode"};
	for (int i = 0; i < figures; ++i)
	{
		auto* name = withHelp(new QLabel(names[i], this), places[i]);
		name->setFont(panelFont(font(), smallTextPixels));
		name->setStyleSheet("color: #8a96a4;");
		auto* value = withHelp(new ElidedLabel(this), places[i]);
		value->setFont(panelFont(font(), textPixels));
		value->setFixedWidth(widths[i]);
		m_values[static_cast<size_t>(i)] = value;
		grid->addWidget(name, 0, i);
		grid->addWidget(value, 1, i);
	}
	grid->setColumnStretch(figures, 1);
}

void FigureRow::show(const client::Snapshot& snapshot, double sampleRate, double periodFrames)
{
	const bool plays = snapshot.connection == client::Connection::kConnected;
	const auto set = [&](Figure figure, const QString& value, const QString& about) {
		m_values[figure]->setWholeText(plays ? value : QString("–"), about);
	};
	set(latency,
		tr("%1 ms · %2 frames")
			.arg(1000.0 * snapshot.latency_frames / sampleRate, 0, 'f', 1)
			.arg(snapshot.latency_frames),
		tr("How much later sound comes out than it goes in. The dry part is delayed alike"));
	const double period = 1e6 * periodFrames / sampleRate;
	set(load,
		tr("%1 %").arg(100 * snapshot.block_cost_us / period, 0, 'f', snapshot.block_cost_us < period / 10 ? 1 : 0),
		tr("What the model takes of LMMS's period on one processor: %1 of %2 µs, measured")
			.arg(snapshot.block_cost_us, 0, 'f', 0)
			.arg(period, 0, 'f', 0));
	set(missed, QString::number(snapshot.missed), tr("Blocks without a result in time. They sound dry"));
	set(late, QString::number(snapshot.late), tr("Of the missed ones, those that were answered afterwards"));
	const QString words = client::ToWords(snapshot.mode);
	set(mode, snapshot.at_rest ? tr("%1 · at rest").arg(words) : words,
		tr("%1\nAt rest: silence goes in and out, and takes no processor")
			.arg(QString::fromStdString(snapshot.mode_reason)));
}

} // namespace continuo::fx
