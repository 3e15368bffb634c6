// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_list.h"

#include <thread>

namespace continuo::fx
{

namespace
{

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QVector<ModelEntry> entries(const client::ModelAnswer& answer)
{
	QVector<ModelEntry> models;
	for (const auto& model : answer.models)
	{
		models.push_back({text(model.id), text(model.version), text(model.name), text(model.summary), model.presets});
	}
	return models;
}

} // namespace


//! One question on its way. Its end cancels the call
class ModelList::Asker
{
public:
	explicit Asker(ModelList* list) :
		m_thread([this, list] {
			const client::ModelAnswer answer = m_query.Run();
			QMetaObject::invokeMethod(list, "take", Qt::QueuedConnection,
				Q_ARG(QVector<continuo::fx::ModelEntry>, entries(answer)), Q_ARG(QString, text(answer.problem)));
		})
	{}
	~Asker()
	{
		m_query.Cancel();
		m_thread.join();
	}
	Asker(const Asker&) = delete;
	Asker& operator=(const Asker&) = delete;

private:
	client::ModelQuery m_query{"LMMS model list"};
	std::thread m_thread;
};


ModelList& ModelList::instance()
{
	static ModelList list;
	return list;
}

ModelList::ModelList() { qRegisterMetaType<QVector<ModelEntry>>("QVector<continuo::fx::ModelEntry>"); }

ModelList::~ModelList() = default;

void ModelList::ask()
{
	if (m_asking) { return; }
	m_asking = true;
	m_asker = std::make_unique<Asker>(this);
}

void ModelList::take(const QVector<ModelEntry>& models, const QString& problem)
{
	m_asker.reset();
	m_asking = false;
	m_hasAnswer = true;
	m_problem = problem;
	if (problem.isEmpty()) { m_models = models; }
	emit answered();
}

} // namespace continuo::fx
