// SPDX-License-Identifier: GPL-3.0-or-later
// Equal loudness for A and B: while it is on, what is heard of each side is measured, and the louder
// side is turned down (shared/scope/loudness_match.h). Off again as soon as the panel is closed.
//
// Threads: [main-thread]. The audio thread's tap is asked; it tells because live_view.h, in the same
// panel, has asked it to.
#pragma once

#include <QPointer>
#include <QPushButton>
#include <QTimer>
#include <array>
#include <memory>
#include <utility>

#include "continuo_controls.h"
#include "shared/scope/loudness_match.h"

namespace continuo::fx
{

class ContinuoEffect;

class LoudnessButton : public QPushButton
{
	Q_OBJECT
public:
	LoudnessButton(ContinuoControls* controls, QWidget* parent);
	~LoudnessButton() override;

protected:
	void hideEvent(QHideEvent* event) override;

private slots:
	void turn(bool on);
	void listen();

private:
	//! What a side sounds like, but for what automation and controllers move
	using Settings = std::pair<QStringList, std::vector<std::pair<QString, float>>>;

	ContinuoEffect* effect() const;
	Settings settings() const;
	bool isSettled(size_t side);
	void showGain(size_t side);

	QPointer<ContinuoControls> m_controls;
	QTimer m_timer{this};                          //!< a child, so that a test can find it
	std::unique_ptr<scope::LoudnessMatch> m_match; //!< while it is on
	quint32 m_sampleRate = 0;                      //!< of m_match
	std::array<Settings, scope::LoudnessMatch::kSides> m_settings;
	size_t m_side = 0;
	quint64 m_missed = 0;
	scope::Excerpt m_excerpt;
	quint64 m_end = 0;  //!< of the frames that were looked at
	quint64 m_from = 0; //!< frames before it are of what was there before, or on the way to what is
};

} // namespace continuo::fx
