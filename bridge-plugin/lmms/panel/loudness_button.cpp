// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/loudness_button.h"

#include <cmath>

#include "continuo_effect.h"

namespace continuo::fx
{

namespace
{

constexpr int buttonWidth = 56;
constexpr int listenMilliseconds = 40;
constexpr quint32 readFrames = scope::SignalTap::kRingFrames / 2;
// Knobs are smoothed, models fade in, and what was played before decays.
constexpr double settlingSeconds = 0.5;

QString decibels(double db)
{
	return QString("%1 dB").arg(std::abs(db) < 0.05 ? 0.0 : db, 0, 'f', 1).replace('-', "−");
}

} // namespace


LoudnessButton::LoudnessButton(ContinuoControls* controls, QWidget* parent) : QPushButton(parent), m_controls(controls)
{
	setCheckable(true);
	setFixedWidth(buttonWidth);
	m_timer.setInterval(listenMilliseconds);
	connect(&m_timer, &QTimer::timeout, this, &LoudnessButton::listen);
	connect(this, &QPushButton::toggled, this, &LoudnessButton::turn);
	// The other side's gain comes with the other side.
	connect(controls, &ContinuoControls::parametersChanged, this, &LoudnessButton::listen);
	turn(false);
}

LoudnessButton::~LoudnessButton() { turn(false); }

void LoudnessButton::hideEvent(QHideEvent*) { setChecked(false); }

ContinuoEffect* LoudnessButton::effect() const { return static_cast<ContinuoEffect*>(m_controls->effect()); }

void LoudnessButton::turn(bool on)
{
	if (on && m_controls)
	{
		m_sampleRate = effect()->sampleRate();
		m_match = std::make_unique<scope::LoudnessMatch>(m_sampleRate);
		m_settings = {};
		m_end = 0;
		m_timer.start();
		return listen();
	}
	m_timer.stop();
	m_match.reset();
	if (m_controls) { effect()->comparisonGain().Set(1); }
	setText(tr("= dB"));
	setToolTip(tr("Equal loudness: turns the louder one of A and B down, so that you hear which one\n"
				  "sounds better and not which one is louder. Only while this panel is open; the song is\n"
				  "saved and exported without it"));
}

LoudnessButton::Settings LoudnessButton::settings() const
{
	Settings settings{
		{m_controls->modelId(), m_controls->modelVersion(), client::ToWords(m_controls->channelMode())}, {}};
	for (auto* parameter : m_controls->parameters().listed())
	{
		if (!parameter->isAutomatedOrControlled())
		{
			settings.second.emplace_back(parameter->id(), parameter->value());
		}
	}
	return settings;
}

//! Whether what is played now is that side's sound, and not on its way to it
bool LoudnessButton::isSettled(size_t side)
{
	const auto snapshot = m_controls->stream().snapshot();
	const bool plays = snapshot.connection == client::Connection::kConnected;
	const bool missed = std::exchange(m_missed, snapshot.missed) != snapshot.missed; // blocks that were dry
	auto now = settings();
	const bool turned = now != m_settings[side];
	if (turned)
	{
		m_settings[side] = std::move(now);
		m_match->Forget(side);
	}
	if (turned || !plays || side != m_side) { m_from = m_end + static_cast<quint64>(settlingSeconds * m_sampleRate); }
	m_side = side;
	return m_end >= m_from && !missed;
}

void LoudnessButton::listen()
{
	if (!m_match || !m_controls) { return; }
	if (effect()->sampleRate() != m_sampleRate) { return turn(true); }
	const size_t side = m_controls->isSideB() ? 1 : 0;
	const bool settled = isSettled(side);
	if (effect()->tap().Read(readFrames, m_controls->stream().latency_frames(), &m_excerpt))
	{
		const quint64 fresh = m_excerpt.end - m_end;
		if (settled && m_end > 0)
		{
			m_match->Hear(side, m_excerpt, static_cast<size_t>(qMin<quint64>(fresh, readFrames)));
		}
		if (m_end == 0) { m_from = m_excerpt.end + static_cast<quint64>(settlingSeconds * m_sampleRate); }
		m_end = m_excerpt.end;
	}
	showGain(side);
}

void LoudnessButton::showGain(size_t side)
{
	const double gain = m_match->GainDb(side);
	effect()->comparisonGain().Set(static_cast<float>(std::pow(10, gain / 20)));
	setText(m_match->IsKnown() ? decibels(gain) : tr("= …"));
	const auto raised = [this](size_t of) {
		const auto db = m_match->RaisedDb(of);
		return db ? decibels(*db) : tr("not heard for a second yet");
	};
	setToolTip(tr("Equal loudness: the louder side is turned down, by %1 dB at most.\n"
				  "By how much louder the sound gets (K-weighted, LUFS): A %2, B %3")
				   .arg(scope::LoudnessMatch::kMostDb)
				   .arg(raised(0), raised(1)));
}

} // namespace continuo::fx
