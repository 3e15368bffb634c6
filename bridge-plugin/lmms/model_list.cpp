// SPDX-License-Identifier: GPL-3.0-or-later
// gRPC's headers come before Qt's, whose macros would reach into them.
#include "continuo/v1/model_service.grpc.pb.h"
#include "shared/client/connection.h"

#include "model_list.h"

#include <chrono>
#include <thread>

namespace continuo::fx
{

namespace
{

constexpr double connectSeconds = 3.0;
constexpr auto listSeconds = std::chrono::seconds(2);

struct Answer
{
	QVector<ModelEntry> models;
	QString problem;
};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

Answer askDaemon(grpc::ClientContext& context)
{
	client::ConnectOptions options;
	options.timeout_s = connectSeconds;
	options.client_name = "LMMS model list";
	client::Connected connected;
	if (const auto status = client::Connect(options, &connected); !status.ok())
	{
		return {{}, text(client::Describe(status))};
	}
	v1::ListModelsRequest request;
	request.set_task(v1::TASK_AUDIO_EFFECT);
	v1::ListModelsResponse response;
	context.set_deadline(std::chrono::system_clock::now() + listSeconds);
	const auto status = v1::ModelService::NewStub(connected.channel)->ListModels(&context, request, &response);
	if (!status.ok()) { return {{}, text(client::Describe(status))}; }

	Answer answer;
	for (const auto& model : response.models())
	{
		const auto& manifest = model.manifest();
		answer.models.push_back(
			{text(manifest.id()), text(manifest.version()), text(manifest.name()), text(manifest.summary())});
	}
	return answer;
}

} // namespace


//! One question on its way. Its end cancels the call
class ModelList::Asker
{
public:
	explicit Asker(ModelList* list) :
		m_thread([this, list] {
			const Answer answer = askDaemon(m_context);
			QMetaObject::invokeMethod(list, "take", Qt::QueuedConnection,
				Q_ARG(QVector<continuo::fx::ModelEntry>, answer.models), Q_ARG(QString, answer.problem));
		})
	{}
	~Asker()
	{
		m_context.TryCancel();
		m_thread.join();
	}
	Asker(const Asker&) = delete;
	Asker& operator=(const Asker&) = delete;

private:
	grpc::ClientContext m_context;
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
