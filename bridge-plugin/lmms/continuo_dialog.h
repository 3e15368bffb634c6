// SPDX-License-Identifier: GPL-3.0-or-later
// The effect's panel (docs/panel.md).
//
//   ┌─────────────────────────────────────────────┐
//   │ [ Drive pedal  ▾] [each channel▾] [ auto  ▾]│   model, channels of a mono model, mode
//   │ [Warm rhythm *▾] [A][B] [A→B] [=dB] [Models…]   preset, comparison, the studio's models
//   │    ◐        ◐        ◐                      │   knobs (panel/knob_field.h)
//   │  DRIVE     TONE    LEVEL                    │
//   │ Link        [ none                        ▾]│   link_row.h
//   │ Send as key [ none     ▾]  Key [ none     ▾]│
//   │ IN ▐▐  ┌ curve or spectrum ┐  OUT ▐▐        │   panel/live_view.h
//   │ LATENCY  LOAD  MISSED  LATE  MODE           │   panel/figure_row.h
//   │ ● connected                                 │   state in words
//   │ [ Install…                                ] │   where the model is missing (install_offer.h)
//   └─────────────────────────────────────────────┘
//
// Threads: [main-thread]. What changes by itself is polled, never pushed by the audio thread; and
// only while the panel is visible. LMMS makes the panel with the effect's row in the rack, so what
// the effect needs besides is in its controls.
#pragma once

#include "continuo_controls.h"
#include "elided_label.h"

class QPushButton;
class QTimer;

namespace continuo::fx
{

class FigureRow;
class InstallOffer;
class KnobField;
class LinkRow;
class PresetButton;

class ContinuoDialog : public EffectControlDialog
{
	Q_OBJECT
public:
	explicit ContinuoDialog(ContinuoControls* controls);
	~ContinuoDialog() override;

protected:
	void showEvent(QShowEvent* event) override;
	void hideEvent(QHideEvent* event) override;

private slots:
	void buildKnobs();
	void fillModels();
	void takeModel();
	void takeMode();
	void takeChannels();
	void refresh();
	void poll();

private:
	QLayout* makeStreamRow();
	QLayout* makeSettingsRow();
	QLayout* makeStateRow();
	void showChannels(bool monoModel);
	void showState(const client::Snapshot& snapshot);

	ContinuoControls* m_controls;
	ComboBoxModel m_modelChoice;
	ComboBoxModel m_channelChoice;
	ComboBoxModel m_modeChoice;
	QVector<QPair<QString, QString>> m_choices; //!< id and version of each item of m_modelChoice
	bool m_filling = false;                     //!< items change, not the choice

	ComboBox* m_modelBox;
	ComboBox* m_channelBox;
	PresetButton* m_presets;
	QPushButton* m_browse;
	KnobField* m_knobs;
	LinkRow* m_links;
	FigureRow* m_figures;
	QLabel* m_lamp;
	ElidedLabel* m_state;
	InstallOffer* m_offer;
	QTimer* m_timer; //!< at work while this is visible
	int m_polls = 0;
};

} // namespace continuo::fx
