// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the user guide: Markdown, one a chapter, in the order in which index.md links to them.
#pragma once

#include <QString>
#include <QUrl>
#include <QVector>

namespace continuo::fx
{

class Guide
{
public:
	struct Section
	{
		QString place;   //!< "create#seed"; of a chapter's first heading "create"
		QString heading; //!< as it is read
		QString chapter; //!< first heading of its chapter
		QString words;   //!< heading and text, in small letters
	};

	//! $CONTINUO_GUIDE, else where it is installed or built beside this library; empty if nowhere
	static QString folder();
	//! The last part of a heading's place, as the places of Markdown files are commonly called
	static QString slug(const QString& heading);

	explicit Guide(const QString& folder);

	bool isEmpty() const { return m_sections.isEmpty(); }
	QVector<Section> chapters() const;
	//! Those that have all of the words, best first: in the heading, then in the text
	QVector<Section> find(const QString& words) const;
	//! The file, with the heading as fragment
	QUrl url(const QString& place) const;

private:
	void read(const QString& chapter);

	QString m_folder;
	QVector<Section> m_sections;
};

} // namespace continuo::fx
