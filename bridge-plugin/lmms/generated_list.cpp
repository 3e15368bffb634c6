// SPDX-License-Identifier: GPL-3.0-or-later
#include "generated_list.h"

#include <algorithm>
#include <optional>

#include "shared/project/clip_list.h"
#include "shared/project/recipes.h"

namespace continuo::fx
{

namespace
{

//! Of the schemas that are known; nothing of another one, and where it makes no sense
std::optional<project::Clips> readList(const QDomElement& list)
{
	if (list.attribute("schema").toInt() > project::kGeneratedSchema) { return std::nullopt; }
	// Schema 1 has the clips as elements, and no text.
	auto clips = project::ReadClips(list.text().toStdString());
	if (!clips.ok()) { return std::nullopt; }
	for (auto element = list.firstChildElement(); !element.isNull(); element = element.nextSiblingElement())
	{
		const auto clip = project::FromAttributes([&element](const std::string& name) {
			return element.attribute(QString::fromStdString(name)).toStdString();
		});
		if (element.tagName() != project::kClip || !clip.ok()) { return std::nullopt; }
		clips->push_back(*clip);
	}
	return *std::move(clips);
}

} // namespace


bool GeneratedList::load(const QDomElement& controls, const QString& projectPath)
{
	m_entries.clear();
	m_written.clear();
	m_pending.clear();
	m_home = projectPath.toStdString();
	std::vector<Entry> entries;
	// An earlier version adds one of its own to what it does not know.
	for (auto list = controls.firstChildElement(project::kGenerated); !list.isNull();
		 list = list.nextSiblingElement(project::kGenerated))
	{
		const auto clips = readList(list);
		if (!clips) { return false; }
		for (const auto& clip : *clips) { entries.push_back({0, clip}); }
	}
	m_entries = std::move(entries);
	return true;
}

void GeneratedList::save(QDomDocument& document, QDomElement& controls)
{
	if (m_entries.empty()) { return; }
	if (m_written.isEmpty())
	{
		project::Clips clips;
		for (const auto& entry : m_entries) { clips.push_back(entry.clip); }
		m_written = QString::fromStdString(project::WriteClips(clips));
	}
	QDomElement list = document.createElement(project::kGenerated);
	list.setAttribute("schema", project::kGeneratedSchema);
	list.appendChild(document.createCDATASection(m_written));
	controls.appendChild(list);
}

void GeneratedList::add(quint64 placement, const project::GeneratedClip& clip, const std::string& recipe)
{
	m_entries.push_back({placement, clip});
	m_written.clear();
	if (!clip.recipe.empty()) { m_pending[clip.recipe] = recipe; }
}

void GeneratedList::remove(quint64 placement)
{
	const auto of = [placement](const Entry& entry) { return entry.placement == placement; };
	m_entries.erase(std::remove_if(m_entries.begin(), m_entries.end(), of), m_entries.end());
	m_written.clear();
}

QString GeneratedList::keepRecipes(const QString& projectPath)
{
	if (projectPath.isEmpty()) { return {}; }
	const std::string path = projectPath.toStdString();
	if (path == m_home && m_pending.empty()) { return {}; }
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
	}
	if (problem.isEmpty())
	{
		m_home = path;
		m_pending.clear();
	}
	return problem;
}

} // namespace continuo::fx
