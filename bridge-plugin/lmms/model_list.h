// SPDX-License-Identifier: GPL-3.0-or-later
// The models the daemon has, for every panel of this process, and for LMMS's list of effects.
//
// Threads: [main-thread]; the daemon is asked on a thread of its own. Panels wait for nothing;
// askBriefly() waits a bounded moment.
#pragma once

#include <QObject>
#include <memory>

#include "model_entry.h"

namespace continuo::fx
{

class ModelList : public QObject
{
	Q_OBJECT
public:
	static ModelList& instance();

	//! What the daemon has told; until it has, what it told to an LMMS before
	const QVector<ModelEntry>& models() const { return m_models; }
	//! Of a model's versions the one that is used; null where it is not known
	const ModelEntry* find(const QString& id) const;
	bool hasAnswer() const { return m_hasAnswer; }
	//! Why there is no list; empty where there is one
	const QString& problem() const { return m_problem; }

	//! Asks the daemon, starting it where there is none; answered() follows where there is news
	void ask();
	//! The same, and takes an answer that comes at once: for a list that is shown once
	void askBriefly();

signals:
	void answered();

private slots:
	void take(const QVector<continuo::fx::ModelEntry>& models, const QString& problem);

private:
	ModelList();
	~ModelList() override;

	class Asker;
	std::unique_ptr<Asker> m_asker;
	QVector<ModelEntry> m_models;
	QString m_problem;
	bool m_hasAnswer = false;
};

} // namespace continuo::fx
