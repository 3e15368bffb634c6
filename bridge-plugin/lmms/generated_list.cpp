// SPDX-License-Identifier: GPL-3.0-or-later
#include "generated_list.h"

#include <algorithm>

#include "shared/project/recipes.h"

namespace continuo::fx
{

bool GeneratedList::load(const QDomElement& controls, const QString& projectPath)
{
	m_entries.clear();
	m_pending.clear();
	m_home = projectPath.toStdString();
	const auto list = controls.firstChildElement(project::kGenerated);
	if (list.attribute("schema").toInt() > project::kGeneratedSchema) { return false; }
	std::vector<Entry> entries;
	for (auto element = list.firstChildElement(); !element.isNull(); element = element.nextSiblingElement())
	{
		const auto clip = project::FromAttributes([&element](const std::string& name) {
			return element.attribute(QString::fromStdString(name)).toStdString();
		});
		if (element.tagName() != project::kClip || !clip.ok()) { return false; }
		entries.push_back({0, *clip});
	}
	m_entries = std::move(entries);
	return true;
}

void GeneratedList::save(QDomDocument& document, QDomElement& controls) const
{
	if (m_entries.empty()) { return; }
	QDomElement list = document.createElement(project::kGenerated);
	list.setAttribute("schema", project::kGeneratedSchema);
	for (const auto& entry : m_entries)
	{
		QDomElement element = document.createElement(project::kClip);
		for (const auto& [name, value] : project::ToAttributes(entry.clip))
		{
			if (!value.empty()) { element.setAttribute(QString::fromStdString(name), QString::fromStdString(value)); }
		}
		list.appendChild(element);
	}
	controls.appendChild(list);
}

void GeneratedList::add(quint64 placement, const project::GeneratedClip& clip, const std::string& recipe)
{
	m_entries.push_back({placement, clip});
	if (!clip.recipe.empty()) { m_pending[clip.recipe] = recipe; }
}

void GeneratedList::remove(quint64 placement)
{
	const auto of = [placement](const Entry& entry) { return entry.placement == placement; };
	m_entries.erase(std::remove_if(m_entries.begin(), m_entries.end(), of), m_entries.end());
}

QString GeneratedList::keepRecipes(const QString& projectPath)
{
	if (projectPath.isEmpty()) { return {}; }
	const std::string path = projectPath.toStdString();
	const project::RecipeFolder folder(path);
	const project::RecipeFolder before(m_home.empty() ? path : m_home);
	QString problem;
	for (const auto& entry : m_entries)
	{
		const std::string& digest = entry.clip.recipe;
		if (digest.empty() || folder.Has(digest)) { continue; }
		const auto pending = m_pending.find(digest);
		const auto recipe = pending != m_pending.end() ? pending->second : before.Get(digest);
		const auto kept = recipe.ok() ? folder.Put(*recipe) : absl::StatusOr<std::string>(recipe.status());
		if (!kept.ok()) { problem = QString::fromStdString(std::string(kept.status().message())); }
		else { m_pending.erase(digest); }
	}
	if (problem.isEmpty()) { m_home = path; }
	return problem;
}

} // namespace continuo::fx
