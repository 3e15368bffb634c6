// SPDX-License-Identifier: GPL-3.0-or-later
// The spectra of input and output, 20 Hz to 20 kHz, in dBFS.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "shared/scope/spectrum.h"

namespace continuo::fx
{

class SpectrumView : public QWidget
{
public:
	explicit SpectrumView(QWidget* parent);

	void take(const scope::Excerpt& excerpt, double sampleRate, double seconds);

protected:
	void paintEvent(QPaintEvent* event) override;

private:
	scope::Spectrum m_input;
	scope::Spectrum m_output;
	double m_sampleRate = 44100;
};

} // namespace continuo::fx
