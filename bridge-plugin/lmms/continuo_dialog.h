// SPDX-License-Identifier: GPL-3.0-or-later
// The effect's panel.
//
//   ┌─────────────────────────────────────────────┐
//   │ [ Drive pedal  ▾] [each channel▾] [ auto  ▾]│   model, channels of a mono model, mode
//   │    ◐        ◐        ◐                      │   one knob a parameter, six in a row
//   │  DRIVE     TONE    LEVEL                    │
//   │ Drive 1.0.0 · latency 4 frames (0.1 ms)     │   figures
//   │ direct · 3 missed, 2 late · at rest         │   what the stream does; why, in the tooltip
//   │ ● connected                                 │   state in words
//   └─────────────────────────────────────────────┘
//
// Threads: [main-thread]. What changes by itself is polled, never pushed by the audio thread.
#pragma once

#include "continuo_controls.h"
#include "elided_label.h"

class QGridLayout;

namespace continuo::fx
{

class ContinuoDialog : public EffectControlDialog
{
	Q_OBJECT
public:
	explicit ContinuoDialog(ContinuoControls* controls);
	~ContinuoDialog() override;

private slots:
	void buildKnobs();
	void fillModels();
	void takeModel();
	void takeMode();
	void takeChannels();
	void refresh();

private:
	void showChannels(bool monoModel);
	void showKnobs();
	void showFigures(const client::Snapshot& snapshot);
	void showStream(const client::Snapshot& snapshot);
	void showState(const client::Snapshot& snapshot);

	ContinuoControls* m_controls;
	ComboBoxModel m_modelChoice;
	ComboBoxModel m_channelChoice;
	ComboBoxModel m_modeChoice;
	QVector<QPair<QString, QString>> m_choices; //!< id and version of each item of m_modelChoice
	bool m_filling = false;                     //!< items change, not the choice

	ComboBox* m_modelBox;
	ComboBox* m_channelBox;
	QWidget* m_knobs;
	QGridLayout* m_knobLayout;
	std::vector<QWidget*> m_knobOf; //!< one a listed parameter
	ElidedLabel* m_figures;
	ElidedLabel* m_stream;
	QLabel* m_lamp;
	ElidedLabel* m_state;
	int m_polls = 0;
};

} // namespace continuo::fx
