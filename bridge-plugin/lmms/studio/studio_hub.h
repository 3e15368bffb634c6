// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon for the studio's three views: one connection, one list of models.
//
// Threads: [main-thread]. Nothing here waits for the daemon.
#pragma once

#include <QObject>
#include <memory>

#include "shared/studio/studio.h"

namespace continuo::fx
{

class StudioHub : public QObject
{
	Q_OBJECT
public:
	StudioHub();
	~StudioHub() override;

	//! Connects; once
	void start();
	//! Not before start()
	studio::Studio& studio() { return *m_studio; }
	const studio::LinkState& link() const { return m_link; }
	bool isConnected() const { return m_link.what == studio::LinkState::What::kConnected; }
	const studio::ModelsAnswer& models() const { return m_models; }
	void askForModels();

signals:
	void linkChanged();
	void modelsListed();
	void recordsChanged();
	void said(const QString& words);

private:
	void takeLink(const studio::LinkState& link);

	std::unique_ptr<studio::Studio> m_studio;
	studio::LinkState m_link;
	studio::ModelsAnswer m_models;
	studio::Studio::Call m_asking = 0;
	int m_lists = 0; //!< asked for; only the last one counts
};

} // namespace continuo::fx
