// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio_hub.h"

namespace continuo::fx
{

StudioHub::StudioHub() = default;

StudioHub::~StudioHub() = default;

void StudioHub::start()
{
	if (m_studio) { return; }
	const auto post = [this](std::function<void()> what) {
		QMetaObject::invokeMethod(this, std::move(what), Qt::QueuedConnection);
	};
	m_studio = std::make_unique<studio::Studio>("LMMS studio", post,
		studio::Studio::Listener{
			[this](const studio::LinkState& link) { takeLink(link); },
			[this] { askForModels(); },
			[this](const std::string&) { emit recordsChanged(); },
		});
}

void StudioHub::takeLink(const studio::LinkState& link)
{
	m_link = link;
	emit linkChanged();
	if (!isConnected()) { return; }
	askForModels();
	emit recordsChanged();
}

void StudioHub::askForModels()
{
	m_studio->Cancel(m_asking);
	m_asking = m_studio->ListModels([this, number = ++m_lists](const studio::ModelsAnswer& answer) {
		if (number != m_lists) { return; }
		// What was known before stays, where there is no answer.
		if (answer.problem.empty()) { m_models = answer; }
		else { m_models.problem = answer.problem; }
		emit modelsListed();
	});
}

} // namespace continuo::fx
