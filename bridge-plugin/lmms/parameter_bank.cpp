// SPDX-License-Identifier: GPL-3.0-or-later
#include "parameter_bank.h"

#include <algorithm>
#include <cmath>

#include "parameter_xml.h"

namespace continuo::fx
{

namespace
{

// Of a parameter that nobody has described yet: wide enough to hold any saved value.
constexpr float unknownRange = 1e9F;

//! A round share of the range: LMMS's mouse wheel and its printed digits follow the step
float stepOf(const client::ParameterInfo& info)
{
	const float share = info.logarithmic ? info.minimum / 10 : (info.maximum - info.minimum) / 100;
	return share > 0 ? std::pow(10.0F, std::floor(std::log10(share) + 1e-4F)) : 0.01F;
}

//! What a preset has for it
float valueOf(const client::ParameterInfo& info, const std::map<std::string, float>& values)
{
	auto found = values.find(info.id);
	for (const auto& former : info.former_ids)
	{
		if (found == values.end()) { found = values.find(former); }
	}
	return found == values.end() ? info.default_value : found->second;
}

//! As far as a knob tells: LMMS rounds values near the ends of a range
bool isSame(float value, float wanted, const client::ParameterInfo& info)
{
	const float bounded = std::clamp(wanted, info.minimum, info.maximum);
	return std::abs(value - bounded) <= 1e-5F * (info.maximum - info.minimum);
}

//! Not a step of the user's, so nothing for the undo history
class JournallingPaused
{
public:
	explicit JournallingPaused(JournallingObject& object) : m_object(object), m_was(object.testAndSetJournalling(false))
	{}
	~JournallingPaused() { m_object.setJournalling(m_was); }
	JournallingPaused(const JournallingPaused&) = delete;
	JournallingPaused& operator=(const JournallingPaused&) = delete;

private:
	JournallingObject& m_object;
	bool m_was;
};

} // namespace


ParameterModel::ParameterModel(const QString& id, Model* parent) :
	FloatModel(0, -unknownRange, unknownRange, 0.01F, parent, id),
	m_id(id)
{
	m_info.id = id.toStdString();
	m_info.name = m_info.id;
}

void ParameterModel::describe(const client::ParameterInfo& info)
{
	m_info = info;
	m_described = true;
	setDisplayName(QString::fromStdString(info.name));
	takeRange(info);
}

void ParameterModel::read(const QDomElement& element)
{
	const QString name = parameterPrefix + m_id;
	const JournallingPaused paused(*this);
	if (m_described) { setInitValue(m_info.default_value); }
	loadSettings(element, name);
	// Without a word on the scale LMMS has just set it to linear.
	if (m_described) { setScaleLogarithmic(m_info.logarithmic); }
	// LMMS takes the value of an attribute for the one to reset to.
	if (m_described && element.hasAttribute(name)) { setDefaultBehind(initValue()); }
}

void ParameterModel::takeDefault()
{
	// What a controller gives is not the knob's own value, which LMMS tells nobody.
	if (!isAutomatedOrControlled() && initValue() != m_info.default_value) { setDefaultBehind(value()); }
}

void ParameterModel::setDefaultBehind(float kept)
{
	const JournallingPaused paused(*this);
	m_turn.fetch_add(1);
	setInitValue(m_info.default_value);
	setValue(kept);
	m_turn.fetch_add(1);
}

void ParameterModel::takeRange(const client::ParameterInfo& info)
{
	const JournallingPaused paused(*this);
	setScaleLogarithmic(info.logarithmic);
	setRange(info.minimum, info.maximum, stepOf(info));
	m_hasRange.store(true, std::memory_order_release);
}


ParameterModel* ParameterBank::findOrCreate(const QString& id)
{
	const std::lock_guard lock(m_mutex);
	ParameterModel*& model = m_models[id];
	if (!model) { model = new ParameterModel(id, m_parent); }
	return model;
}

std::map<QString, ParameterModel*>::iterator ParameterBank::find(const client::ParameterInfo& info)
{
	auto found = m_models.find(QString::fromStdString(info.id));
	for (const auto& former : info.former_ids)
	{
		if (found == m_models.end()) { found = m_models.find(QString::fromStdString(former)); }
	}
	return found;
}

void ParameterBank::takeOver(const client::ParameterInfo& info)
{
	const auto isListed = [this](ParameterModel* model) {
		return std::find(m_listed.begin(), m_listed.end(), model) != m_listed.end();
	};
	const QString id = QString::fromStdString(info.id);
	const std::lock_guard lock(m_mutex);
	ParameterModel*& current = m_models[id];
	if (current && isListed(current)) { return; }
	for (const auto& former : info.former_ids)
	{
		const auto found = m_models.find(QString::fromStdString(former));
		if (found == m_models.end() || !isListed(found->second)) { continue; }
		// The other one, if any, is of a song that was open before.
		std::swap(current, found->second);
		current->rename(id);
		if (found->second) { found->second->rename(found->first); }
		else { m_models.erase(found); }
		return;
	}
	if (!current) { m_models.erase(id); }
}

std::vector<std::pair<std::string, float>> ParameterBank::values() const
{
	std::vector<std::pair<std::string, float>> values;
	for (const auto* model : m_listed) { values.emplace_back(model->info().id, model->value()); }
	return values;
}

std::vector<std::pair<std::string, float>> ParameterBank::open()
{
	const std::lock_guard lock(m_mutex);
	std::vector<std::pair<std::string, float>> values;
	m_opened.clear();
	for (const auto* model : m_listed)
	{
		const float value = model->value();
		values.emplace_back(model->info().id, value);
		m_opened[model] = value;
	}
	return values;
}

std::vector<bool> ParameterBank::relevant() const
{
	std::vector<client::ParameterInfo> infos;
	std::vector<float> values;
	for (const auto* model : m_listed)
	{
		infos.push_back(model->info());
		values.push_back(model->value());
	}
	return client::IsRelevant(infos, values);
}

void ParameterBank::adopt(const std::vector<client::ParameterInfo>& infos)
{
	if (infos.empty()) { return; }
	std::vector<ParameterModel*> listed;
	for (const auto& info : infos)
	{
		takeOver(info);
		auto* model = findOrCreate(QString::fromStdString(info.id));
		const bool isNew = std::find(m_listed.begin(), m_listed.end(), model) == m_listed.end();
		model->describe(info);
		if (isNew)
		{
			const JournallingPaused paused(*model);
			model->setInitValue(info.default_value);
		}
		else { model->takeDefault(); }
		listed.push_back(model);
	}
	for (auto* model : m_listed)
	{
		if (std::find(listed.begin(), listed.end(), model) == listed.end()) { listed.push_back(model); }
	}
	m_listed = std::move(listed);
	bind(infos);
}

void ParameterBank::forget()
{
	m_listed.clear();
	bind({});
}

bool ParameterBank::owns(const QString& name) const
{
	const auto named = [&](const ParameterModel* model) { return name == parameterPrefix + model->id(); };
	return name == "parameter" || name == "connection" || std::any_of(m_listed.begin(), m_listed.end(), named);
}

void ParameterBank::load(const QDomElement& element)
{
	forget();
	for (const auto& saved : savedParameters(element))
	{
		auto* model = findOrCreate(saved.id);
		if (saved.info) { model->describe(*saved.info); }
		model->read(element);
		m_listed.push_back(model);
	}
}

void ParameterBank::loadAside(const QDomElement& element)
{
	for (const auto& saved : savedParameters(element))
	{
		auto* model = findOrCreate(saved.id);
		if (std::find(m_listed.begin(), m_listed.end(), model) != m_listed.end()) { continue; }
		if (saved.info) { model->describe(*saved.info); }
		model->read(element);
	}
}

void ParameterBank::take(const QDomElement& element)
{
	m_listed.clear();
	for (const auto& saved : savedParameters(element))
	{
		auto* model = findOrCreate(saved.id);
		if (saved.info) { model->describe(*saved.info); }
		const JournallingPaused paused(*model);
		model->setValue(saved.value);
		m_listed.push_back(model);
	}
}

void ParameterBank::set(const std::map<std::string, float>& values)
{
	for (auto* model : m_listed)
	{
		if (model->isDescribed()) { model->setValue(valueOf(model->info(), values)); }
	}
}

bool ParameterBank::isAt(const std::map<std::string, float>& values) const
{
	return std::all_of(m_listed.begin(), m_listed.end(), [&values](const ParameterModel* model) {
		const auto& info = model->info();
		return !model->isDescribed() || isSame(model->value(), valueOf(info, values), info);
	});
}

void ParameterBank::save(QDomDocument& document, QDomElement& element)
{
	for (auto* model : m_listed)
	{
		const QString name = parameterPrefix + model->id();
		model->saveSettings(document, element, name);
		writeExactly(element, name, model->value());
		if (model->isDescribed()) { saveDescription(document, element, model->info()); }
	}
}

void ParameterBank::bind(const std::vector<client::ParameterInfo>& infos)
{
	const std::lock_guard lock(m_mutex);
	bool same = infos.size() == m_boundIds.size();
	for (size_t i = 0; i < infos.size() && i < m_slots.size(); ++i)
	{
		const auto found = find(infos[i]);
		auto* const model = found == m_models.end() ? nullptr : found->second;
		same = same && infos[i].id == m_boundIds[i] && model == m_slots[i].model.load(std::memory_order_relaxed);
		// In an export the first block may come before adopt(): a controller needs the range by then.
		if (model && !model->hasRange()) { model->takeRange(infos[i]); }
	}
	if (same) { return; }

	m_boundCount.store(0, std::memory_order_release);
	m_boundIds.clear();
	for (size_t i = 0; i < infos.size() && i < m_slots.size(); ++i)
	{
		const auto found = find(infos[i]);
		auto* const model = found == m_models.end() ? nullptr : found->second;
		const auto opened = m_opened.find(model);
		// Not the stream's value: that may be what others have turned it to since, which pull() looks for.
		const float sent = opened == m_opened.end() ? infos[i].default_value : opened->second;
		m_slots[i].sent.store(sent, std::memory_order_relaxed);
		m_slots[i].model.store(model, std::memory_order_release);
		m_boundIds.push_back(infos[i].id);
	}
	m_boundCount.store(static_cast<quint32>(m_boundIds.size()), std::memory_order_release);
}

void ParameterBank::push(client::Stream& stream) noexcept
{
	const quint32 count = m_boundCount.load(std::memory_order_acquire);
	for (quint32 i = 0; i < count; ++i)
	{
		const auto* model = m_slots[i].model.load(std::memory_order_acquire);
		if (!model) { continue; }
		float value = 0;
		if (!model->steadyValue(&value)) { continue; }
		if (value == m_slots[i].sent.load(std::memory_order_relaxed)) { continue; }
		stream.SetParameter(i, value);
		m_slots[i].sent.store(value, std::memory_order_release);
	}
}

void ParameterBank::pull(client::Stream& stream)
{
	const quint32 count = m_boundCount.load(std::memory_order_acquire);
	for (quint32 i = 0; i < count; ++i)
	{
		auto* model = m_slots[i].model.load(std::memory_order_acquire);
		// In this order: push() tells the stream first.
		const float sent = m_slots[i].sent.load(std::memory_order_acquire);
		float value = 0;
		if (!model || !stream.GetParameter(i, &value) || value == sent) { continue; }
		if (sent != model->value()) { continue; } // push() is at it, or will be: what is turned here is the later one
		if (model->isAutomatedOrControlled()) { stream.KeepParameter(i, sent); }
		else
		{
			const JournallingPaused paused(*model);
			model->setValue(value);
			m_slots[i].sent.store(value, std::memory_order_release);
		}
	}
}

} // namespace continuo::fx
