// SPDX-License-Identifier: GPL-3.0-or-later
#include "guide.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QStandardPaths>
#include <algorithm>

#include "shared/client/autostart.h"

namespace continuo::fx
{

namespace
{

constexpr const char* ownFolder = "share/doc/continuo/guide";
constexpr const char* firstChapter = "index";

QString contentOf(const QString& path)
{
	QFile file(path);
	return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

} // namespace


QString Guide::folder()
{
	const auto named = QString::fromLocal8Bit(qgetenv("CONTINUO_GUIDE"));
	if (!named.isEmpty()) { return named; }
	const QDir own(QString::fromStdString(client::OwnFolder().string()));
	// From lib/lmms, or from lib/<architecture>/lmms
	for (const char* prefix : {"../../", "../../../"})
	{
		const auto candidate = QDir::cleanPath(own.filePath(prefix + QString(ownFolder)));
		if (QFile::exists(candidate + "/index.md")) { return candidate; }
	}
	return QStandardPaths::locate(
		QStandardPaths::GenericDataLocation, "doc/continuo/guide", QStandardPaths::LocateDirectory);
}

QString Guide::slug(const QString& heading)
{
	static const QRegularExpression dropped("[^\\w\\s-]", QRegularExpression::UseUnicodePropertiesOption);
	return heading.toLower().remove(dropped).trimmed().replace(' ', '-');
}

Guide::Guide(const QString& folder) : m_folder(folder)
{
	read(firstChapter);
	static const QRegularExpression link("\\]\\(([a-z-]+)\\.md\\)");
	auto links = link.globalMatch(contentOf(m_folder + "/index.md"));
	while (links.hasNext())
	{
		const auto chapter = links.next().captured(1);
		const auto isIt = [&](const Section& section) { return section.place == chapter; };
		if (std::none_of(m_sections.begin(), m_sections.end(), isIt)) { read(chapter); }
	}
}

void Guide::read(const QString& chapter)
{
	static const QRegularExpression headingLine("^#+ (.*)$");
	QString title;
	bool code = false;
	for (const auto& line : contentOf(m_folder + "/" + chapter + ".md").split('\n'))
	{
		if (line.startsWith("```")) { code = !code; }
		const auto heading = code ? QRegularExpressionMatch() : headingLine.match(line);
		if (heading.hasMatch())
		{
			const auto words = heading.captured(1).trimmed();
			const auto place = title.isEmpty() ? chapter : chapter + "#" + slug(words);
			if (title.isEmpty()) { title = words; }
			m_sections.push_back({place, words, title, words.toLower() + "\n"});
		}
		else if (!title.isEmpty()) { m_sections.back().words += line.toLower() + "\n"; }
	}
}

QVector<Guide::Section> Guide::chapters() const
{
	QVector<Section> chapters;
	std::copy_if(m_sections.begin(), m_sections.end(), std::back_inserter(chapters),
		[](const Section& section) { return !section.place.contains('#'); });
	return chapters;
}

QVector<Guide::Section> Guide::find(const QString& words) const
{
	const auto wanted = words.toLower().split(' ', Qt::SkipEmptyParts);
	const auto hasAll = [&](const QString& text) {
		return std::all_of(wanted.begin(), wanted.end(), [&](const QString& word) { return text.contains(word); });
	};
	QVector<Section> found;
	std::copy_if(m_sections.begin(), m_sections.end(), std::back_inserter(found),
		[&](const Section& section) { return hasAll(section.words); });
	std::stable_partition(
		found.begin(), found.end(), [&](const Section& section) { return hasAll(section.heading.toLower()); });
	return found;
}

QUrl Guide::url(const QString& place) const
{
	auto url = QUrl::fromLocalFile(m_folder + "/" + place.section('#', 0, 0) + ".md");
	if (place.contains('#')) { url.setFragment(place.section('#', 1)); }
	return url;
}

} // namespace continuo::fx
