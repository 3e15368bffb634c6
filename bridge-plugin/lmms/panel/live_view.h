// SPDX-License-Identifier: GPL-3.0-or-later
// What goes in and what comes out: meters at both sides of a picture, which is a transfer curve or
// spectra.
//
//         Curve  Spectrum
//   IN ▐▐ ┌─────────────┐ OUT ▐▐
//      ▐▐ │      ╱      │     ▐▐
//         └─────────────┘
//
// Threads: [main-thread]. The audio thread is asked to tell only while this is visible.
#pragma once

#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>

#include "continuo_controls.h"

class QStackedLayout;

namespace continuo::fx
{

class LevelMeter;
class SpectrumView;
class TransferView;

class LiveView : public QWidget
{
	Q_OBJECT
public:
	LiveView(ContinuoControls* controls, QWidget* parent);
	~LiveView() override;

protected:
	void showEvent(QShowEvent* event) override;
	void hideEvent(QHideEvent* event) override;

private slots:
	void refresh();

private:
	QPointer<ContinuoControls> m_controls;
	LevelMeter* m_input;
	LevelMeter* m_output;
	QStackedLayout* m_pictures;
	TransferView* m_curve;
	SpectrumView* m_spectrum;
	QTimer m_timer{this};  //!< a child, so that a test can find it
	QElapsedTimer m_since; //!< the last picture
	scope::Excerpt m_excerpt;
	quint64 m_shownEnd = 0;
	double m_quietSeconds = 0; //!< without anything new
};

} // namespace continuo::fx
