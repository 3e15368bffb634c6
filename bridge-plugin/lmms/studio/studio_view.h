// SPDX-License-Identifier: GPL-3.0-or-later
// The studio's window.
//
//   ┌──────────┬─────────┬────────┬──────────┐
//   │ Create   │ History │ Models │     [?▾] │  help, the guide, the tour
//   ├──────────┴─────────┴────────┴──────────┤
//   │                                        │
//   ├────────────────────────────────────────┤
//   │ ● connected        Placed … at bar 3   │  whether there is a daemon; what happened last
//   └────────────────────────────────────────┘
//
// Threads: [main-thread].
#pragma once

#include "audition.h"
#include "elided_label.h"
#include "lmms_song.h"
#include "song_link.h"
#include "studio_hub.h"

class QTabWidget;

namespace continuo::fx
{

class CreateView;
class Tour;

class StudioView : public ToolPluginView
{
	Q_OBJECT
public:
	explicit StudioView(ToolPlugin* plugin);
	~StudioView() override;

	//! LMMS's window of it; nullptr where the studio is not there
	static StudioView* instance();
	//! Opens the window with the models in front
	void showModels();

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void showLink();
	void say(const QString& words);

private:
	void build();
	QWidget* makeHelpButton();

	// In this order: what comes later uses what is before it, and goes first.
	SongLink m_song;
	std::unique_ptr<Audition> m_audition;
	std::unique_ptr<StudioHub> m_hub;
	QTabWidget* m_tabs = nullptr;
	QWidget* m_models = nullptr;
	CreateView* m_create = nullptr;
	Tour* m_tour = nullptr;
	QLabel* m_lamp = nullptr;
	ElidedLabel* m_link = nullptr;
	ElidedLabel* m_said = nullptr;
};

} // namespace continuo::fx
