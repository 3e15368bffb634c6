// SPDX-License-Identifier: GPL-3.0-or-later
// The effect's panel.
//
//   ┌─────────────────────────────────────────────┐
//   │ [ Drive pedal            ▾]     [ auto    ▾]│   model, mode
//   │    ◐        ◐        ◐                      │   one knob a parameter, six in a row
//   │  DRIVE     TONE    LEVEL                    │
//   │ Drive 1.0.0 · direct · 0 frames · 0.0 ms    │   figures
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
	void refresh();

private:
	void showFigures(const client::Snapshot& snapshot);
	void showState(const client::Snapshot& snapshot);

	ContinuoControls* m_controls;
	ComboBoxModel m_modelChoice;
	ComboBoxModel m_modeChoice;
	QVector<QPair<QString, QString>> m_choices; //!< id and version of each item of m_modelChoice
	bool m_filling = false;                     //!< items change, not the choice

	ComboBox* m_modelBox;
	QWidget* m_knobs;
	QGridLayout* m_knobLayout;
	ElidedLabel* m_figures;
	QLabel* m_lamp;
	ElidedLabel* m_state;
	int m_polls = 0;
};

} // namespace continuo::fx
