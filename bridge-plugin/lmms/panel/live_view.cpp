// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/live_view.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedLayout>

#include "continuo_effect.h"
#include "help/help.h"
#include "panel/level_meter.h"
#include "panel/panel_style.h"
#include "panel/spectrum_view.h"
#include "panel/transfer_view.h"

namespace continuo::fx
{

namespace
{

constexpr int pictureMilliseconds = 40;
constexpr double longestPeriodSeconds = 0.25; // a host with long periods brings nothing new for as long
constexpr int pictureHeight = 150;
constexpr quint32 curveFrames = 8192; // 0.2 s: some periods of a low note
constexpr quint32 spectrumFrames = scope::Spectrum::kPoints;

} // namespace


LiveView::LiveView(ContinuoControls* controls, QWidget* parent) : QWidget(parent), m_controls(controls)
{
	setFixedWidth(panelWidth);
	m_input = withHelp(new LevelMeter(tr("IN"), this), "effect#meters");
	m_output = withHelp(new LevelMeter(tr("OUT"), this), "effect#meters");

	auto* pictures = new QWidget(this);
	pictures->setFixedHeight(pictureHeight);
	m_pictures = new QStackedLayout(pictures);
	m_curve = new TransferView(pictures);
	m_spectrum = new SpectrumView(pictures);
	m_pictures->addWidget(m_curve);
	m_pictures->addWidget(m_spectrum);

	auto* tabs = new QHBoxLayout;
	tabs->setSpacing(2);
	auto* group = new QButtonGroup(this);
	for (const auto& words : {tr("Curve"), tr("Spectrum")})
	{
		auto* tab = new QPushButton(words, this);
		tab->setObjectName("tab");
		tab->setCheckable(true);
		tab->setFont(panelFont(font(), textPixels));
		group->addButton(tab, tabs->count());
		tabs->addWidget(tab);
	}
	tabs->addStretch();
	group->button(0)->setChecked(true);
	connect(group, &QButtonGroup::idClicked, m_pictures, &QStackedLayout::setCurrentIndex);

	auto* middle = new QVBoxLayout;
	middle->setSpacing(2);
	middle->addLayout(tabs);
	middle->addWidget(pictures);
	auto* line = new QHBoxLayout(this);
	line->setContentsMargins(0, 0, 0, 0);
	line->setSpacing(6);
	line->addWidget(m_input);
	line->addLayout(middle, 1);
	line->addWidget(m_output);

	m_timer.setInterval(pictureMilliseconds);
	connect(&m_timer, &QTimer::timeout, this, &LiveView::refresh);
}

LiveView::~LiveView()
{
	if (m_controls) { m_controls->tap().Watch(false); }
}

void LiveView::showEvent(QShowEvent*)
{
	m_controls->tap().Watch(true);
	m_since.start();
	m_timer.start();
}

void LiveView::hideEvent(QHideEvent*)
{
	m_timer.stop();
	if (m_controls) { m_controls->tap().Watch(false); }
}

void LiveView::refresh()
{
	if (!m_controls) { return; }
	const double seconds = static_cast<double>(m_since.restart()) / 1000;
	auto& tap = m_controls->tap();
	const auto peaks = tap.TakePeaks();
	m_input->take(peaks.input, seconds);
	m_output->take(peaks.output, seconds);

	const bool curve = m_pictures->currentIndex() == 0;
	const quint32 delay = m_controls->stream().latency_frames();
	const bool isThere = tap.Read(curve ? curveFrames : spectrumFrames, delay, &m_excerpt);
	const bool isNew = isThere && m_excerpt.end != m_shownEnd;
	m_quietSeconds = isNew ? 0 : m_quietSeconds + seconds;
	if (isNew) { m_shownEnd = m_excerpt.end; }
	else if (m_quietSeconds < longestPeriodSeconds) { return; }
	// What is not played any more fades from the spectrum, and stays as the last curve.
	else { m_excerpt = {}; }
	if (!curve)
	{
		const auto* effect = static_cast<ContinuoEffect*>(m_controls->effect());
		m_spectrum->take(m_excerpt, effect->sampleRate(), seconds);
	}
	else if (isNew) { m_curve->take(m_excerpt, seconds); }
}

} // namespace continuo::fx
