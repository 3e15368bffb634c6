// SPDX-License-Identifier: GPL-3.0-or-later
// What was generated for the song, as the effect that carries the list keeps it in the project, with
// the recipes that lie beside the project (shared/project).
//
// Threads: [main-thread].
#pragma once

#include <QDomDocument>
#include <QString>
#include <map>
#include <string>
#include <vector>

#include "shared/project/generated.h"

namespace continuo::fx
{

class GeneratedList
{
public:
	//! Of a project that is being opened. False where there is a list that this version does not know: it
	//! is to be kept as it is
	bool load(const QDomElement& controls, const QString& projectPath);
	void save(QDomDocument& document, QDomElement& controls);

	//! `recipe` is written beside the project at the next keepRecipes()
	void add(quint64 placement, const project::GeneratedClip& clip, const std::string& recipe);
	//! What came with that placement
	void remove(quint64 placement);
	bool isEmpty() const { return m_entries.empty(); }

	//! Writes the recipes that do not lie beside that project yet: new ones, and those of the file that
	//! the song was before it was saved under another name. Looks for none where there are neither. Empty,
	//! or what could not be written
	QString keepRecipes(const QString& projectPath);

private:
	struct Entry
	{
		quint64 placement; //!< 0: it came with the project
		project::GeneratedClip clip;
	};
	std::vector<Entry> m_entries;
	QString m_written;                            //!< as it is saved; empty: it has changed since
	std::map<std::string, std::string> m_pending; //!< recipes by digest
	std::string m_home;                           //!< the project that they lie beside
};

} // namespace continuo::fx
