// SPDX-License-Identifier: GPL-3.0-or-later
// The model's parameters as LMMS sees them, and their way to the stream.
//
// Problem: LMMS links automation and controllers to its models while it loads a project, before the
// daemon has been asked what parameters there are; and a model that is not installed must not cost
// the project its values. So a parameter found in a project is a full LMMS model at once, with the
// range that was saved beside it, and is bound to an index of the stream when the stream knows it.
//
// Threads: [main-thread] is LMMS's GUI thread. bind() may be called from any thread that is not an
// audio thread; push() by every thread.
// Ownership: a ParameterModel lives as long as the bank, so the audio thread never meets a dead one.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lmms_compat.h"
#include "client_stream.h"

namespace continuo::fx
{

class ParameterModel : public FloatModel
{
public:
	ParameterModel(const QString& id, Model* parent);

	const QString& id() const { return m_id; }
	void rename(const QString& id) { m_id = id; } //!< [main-thread]
	//! Name, range and so on, as last told by the daemon or the project
	const client::ParameterInfo& info() const { return m_info; }
	bool isDescribed() const { return m_described; }
	void describe(const client::ParameterInfo& info); //!< [main-thread]
	//! From an attribute or child of `element`; LMMS's "reset" means the model's default all the same  [main-thread]
	void read(const QDomElement& element);
	//! Likewise, for what is there already  [main-thread]
	void takeDefault();
	//! Takes the range and the scale, and keeps the value where it fits
	void takeRange(const client::ParameterInfo& info);
	bool hasRange() const { return m_hasRange.load(std::memory_order_acquire); }
	//! False while setDefaultBehind() has another value for a moment  [any-thread]
	bool steadyValue(float* steady) const noexcept
	{
		const quint32 before = m_turn.load(std::memory_order_acquire);
		*steady = value();
		std::atomic_thread_fence(std::memory_order_acquire);
		return before % 2 == 0 && before == m_turn.load(std::memory_order_relaxed);
	}

private:
	//! LMMS sets a value with its default, so the value has to be set again
	void setDefaultBehind(float value);

	QString m_id;
	client::ParameterInfo m_info;
	bool m_described = false;
	std::atomic<bool> m_hasRange{false};
	std::atomic<quint32> m_turn{0}; //!< odd: setDefaultBehind() is at work
};

class ParameterBank
{
public:
	explicit ParameterBank(Model* parent) : m_parent(parent) {}

	//! Those of the model in use, in its order, then those a project holds beside them  [main-thread]
	std::vector<ParameterModel*> listed() const { return m_listed; }
	std::vector<std::pair<std::string, float>> values() const; //!< by id  [main-thread]
	//! For a stream that is opened now: it has these values, so none of them need be pushed  [main-thread]
	std::vector<std::pair<std::string, float>> open();
	//! One of listed() each: whether it matters as the others stand  [main-thread]
	std::vector<bool> relevant() const;

	//! The daemon told what the model has. New ones take their default  [main-thread]
	void adopt(const std::vector<client::ParameterInfo>& infos);
	//! Another model was chosen: nothing of the old one is kept  [main-thread]
	void forget();

	void load(const QDomElement& element); //!< [main-thread]
	//! What `element` has beside those listed: values and links of settings that are kept aside  [main-thread]
	void loadAside(const QDomElement& element);
	//! Lists what `element` has, with its values; what moves them stays linked  [main-thread]
	void take(const QDomElement& element);
	//! Each that is named, by today's id or a former one; the others to their default  [main-thread]
	void set(const std::map<std::string, float>& values);
	//! True where set() would change nothing  [main-thread]
	bool isAt(const std::map<std::string, float>& values) const;
	void save(QDomDocument& document, QDomElement& element); //!< [main-thread]
	//! True for the attributes and child elements that save() will write itself
	bool owns(const QString& name) const;

	//! Ties the models to the stream's indices
	void bind(const std::vector<client::ParameterInfo>& infos);
	//! Hands the stream what was turned here since the last time; neither locks nor allocates  [any-thread]
	void push(client::Stream& stream) noexcept;
	//! Moves the knobs that somebody else has turned through the daemon. One that automation or a controller
	//! moves keeps its value, and so does the stream  [main-thread]
	void pull(client::Stream& stream);

private:
	ParameterModel* findOrCreate(const QString& id);
	//! By its id, or one that it had in an older version of the model; m_mutex is held
	std::map<QString, ParameterModel*>::iterator find(const client::ParameterInfo& info);
	//! What a project holds under a former id goes on under today's  [main-thread]
	void takeOver(const client::ParameterInfo& info);

	struct Slot
	{
		std::atomic<ParameterModel*> model{nullptr};
		std::atomic<float> sent{0}; //!< what the stream has from here, or this has from the stream
	};

	Model* m_parent;
	std::vector<ParameterModel*> m_listed;

	std::mutex m_mutex; //!< of m_models, m_opened and of bind(); never taken by the audio thread
	std::map<QString, ParameterModel*> m_models;
	std::map<const ParameterModel*, float> m_opened; //!< what the stream was opened with
	std::vector<std::string> m_boundIds;

	std::array<Slot, ipc::kMaxParameters> m_slots;
	std::atomic<quint32> m_boundCount{0};
};

} // namespace continuo::fx
