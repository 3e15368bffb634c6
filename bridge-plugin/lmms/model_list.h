// SPDX-License-Identifier: GPL-3.0-or-later
// The models the daemon has, for every panel of this process.
//
// Threads: [main-thread]; the daemon is asked on a thread of its own, which no window waits for.
#pragma once

#include <QMetaType>
#include <QObject>
#include <QVector>
#include <memory>
#include <vector>

#include "shared/client/model_query.h"

namespace continuo::fx
{

struct ModelEntry
{
	QString id;
	QString version;
	QString name;
	QString summary;
	std::vector<client::ModelPreset> presets;
};

class ModelList : public QObject
{
	Q_OBJECT
public:
	static ModelList& instance();

	const QVector<ModelEntry>& models() const { return m_models; }
	bool hasAnswer() const { return m_hasAnswer; }
	//! Why there is no list; empty where there is one
	const QString& problem() const { return m_problem; }

	//! Asks the daemon, starting it where there is none; answered() follows
	void ask();

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
	bool m_asking = false;
};

} // namespace continuo::fx

Q_DECLARE_METATYPE(QVector<continuo::fx::ModelEntry>)
