// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_list.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "model_cache.h"
namespace continuo::fx
{

namespace
{

// A daemon that runs answers in some milliseconds, one that has to start first mostly within this.
constexpr std::chrono::milliseconds briefly{250};

struct Told
{
	QVector<ModelEntry> models;
	QString problem;
};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

Told told(const client::ModelAnswer& answer)
{
	Told told;
	told.problem = text(answer.problem);
	for (const auto& model : answer.models)
	{
		told.models.push_back({text(model.id), text(model.version), text(model.name), text(model.summary),
			text(model.license), text(model.attribution), model.latency_frames, model.sample_rate_hz, model.used,
			text(model.fit), model.presets});
	}
	return told;
}

//! Whether a model runs here is told last; until then it is what was known before
void keepFit(const QVector<ModelEntry>& before, QVector<ModelEntry>& models)
{
	for (auto& model : models)
	{
		const auto same = [&model](const ModelEntry& other) {
			return other.id == model.id && other.version == model.version;
		};
		const auto known = std::find_if(before.begin(), before.end(), same);
		if (model.fit.isEmpty() && known != before.end()) { model.fit = known->fit; }
	}
}

} // namespace


//! One question on its way. Its end cancels the call
class ModelList::Asker
{
public:
	explicit Asker(ModelList* list) : m_thread([this, list] { run(list); }) {}
	~Asker()
	{
		m_query.Cancel();
		m_thread.join();
	}
	Asker(const Asker&) = delete;
	Asker& operator=(const Asker&) = delete;

	//! True once there is a list, or a reason why there is none
	bool hasListed(std::chrono::milliseconds patience) const
	{
		return m_listed.wait_for(patience) == std::future_status::ready;
	}
	//! Where hasListed()
	const Told& listed() const { return m_listed.get(); }

private:
	void run(ModelList* list)
	{
		auto answer = m_query.Run();
		m_promise.set_value(told(answer));
		post(list, m_listed.get());
		if (!answer.problem.empty()) { return; }
		m_query.AddFit(&answer);
		post(list, told(answer));
	}

	static void post(ModelList* list, const Told& told)
	{
		QMetaObject::invokeMethod(list, "take", Qt::QueuedConnection,
			Q_ARG(QVector<continuo::fx::ModelEntry>, told.models), Q_ARG(QString, told.problem));
	}

	client::ModelQuery m_query{"LMMS model list"};
	std::promise<Told> m_promise;
	const std::shared_future<Told> m_listed{m_promise.get_future()};
	std::thread m_thread; // last: it uses all of the above
};


ModelList& ModelList::instance()
{
	static ModelList list;
	return list;
}

ModelList::ModelList() : m_models(readModelCache())
{
	qRegisterMetaType<QVector<ModelEntry>>("QVector<continuo::fx::ModelEntry>");
}

ModelList::~ModelList() = default;

const ModelEntry* ModelList::find(const QString& id) const
{
	const auto isUsed = [&id](const ModelEntry& model) { return model.id == id && model.used; };
	const auto found = std::find_if(m_models.begin(), m_models.end(), isUsed);
	return found == m_models.end() ? nullptr : &*found;
}

void ModelList::ask()
{
	using namespace std::chrono_literals;
	if (m_asker && !m_asker->hasListed(0ms)) { return; }
	m_asker.reset(); // it may still be asking whether they run here
	m_asker = std::make_unique<Asker>(this);
}

void ModelList::askBriefly()
{
	using namespace std::chrono_literals;
	// A question that is on its way has had its moment: whoever does not answer is waited for once.
	const bool isNew = !m_asker || m_asker->hasListed(0ms);
	ask();
	if (!m_asker->hasListed(isNew ? briefly : 0ms)) { return; }
	const auto& listed = m_asker->listed();
	take(listed.models, listed.problem);
}

void ModelList::take(const QVector<ModelEntry>& told, const QString& problem)
{
	QVector<ModelEntry> models = problem.isEmpty() ? told : m_models;
	keepFit(m_models, models);
	const bool news = !m_hasAnswer || problem != m_problem || !(models == m_models);
	if (!(models == m_models)) { writeModelCache(models); }
	m_hasAnswer = true;
	m_problem = problem;
	m_models = models;
	if (news) { emit answered(); }
}

} // namespace continuo::fx
