// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel offers where the effect's model is not installed:
//
//   │ [ Install…                                ] │   asks the repositories, which nobody does unasked
//   │ [ Install WaveNet 1.2.0 (3.1 MB, MIT)     ] │   what one of them has
//   │ [▓▓▓▓▓▓▓▓▓▓▓▓                  ] [ Cancel ] │
//   │ downloading · 1.2 MB / 3.1 MB               │   words: how far, or what is wrong
//
// It shows itself while the model is missing. Once the model is there the stream finds it by itself.
//
// Threads: [main-thread]. The daemon is asked in the background.
#pragma once

#include <QWidget>
#include <memory>

#include "continuo_controls.h"
#include "elided_label.h"
#include "shared/studio/studio.h"

class QProgressBar;
class QPushButton;

namespace continuo::fx
{

class InstallOffer : public QWidget
{
	Q_OBJECT
public:
	InstallOffer(ContinuoControls* controls, QWidget* parent);
	~InstallOffer() override;

	//! Looks whether the model is missing
	void refresh();

protected:
	void resizeEvent(QResizeEvent* event) override;

private:
	enum class Step
	{
		ready,   //!< nobody has been asked, or it was in vain
		looking, //!< for a repository that has it
		offered, //!< one has
		installing,
		installed, //!< the stream has not noticed yet
	};

	void press();
	void cancel();
	void look();
	void install();
	void takeLink(const studio::LinkState& link);
	void takeOffer(const studio::OfferAnswer& answer);
	void takeInstalling(const studio::Installing& installing);
	void enter(Step step, const QString& words = {});
	void showLabel();
	void disconnectStudio();

	ContinuoControls* m_controls;
	bool m_missing = false;
	Step m_step = Step::ready;
	QString m_id;      //!< missing, as the controls name it
	QString m_version; //!< likewise; empty: any
	studio::ModelRow m_offer;
	QString m_label; //!< of the button, whole

	QPushButton* m_button;
	QPushButton* m_cancel;
	QProgressBar* m_progress;
	ElidedLabel* m_words;

	int m_connections = 0; //!< made; an answer that comes from an earlier one is dropped
	studio::Studio::Call m_call = 0;
	std::unique_ptr<studio::Studio> m_studio; //!< from the first press to the end
};

} // namespace continuo::fx
