// SPDX-License-Identifier: GPL-3.0-or-later
// Shows one chapter of the guide, from its Markdown, at one heading.
//
// Qt knows neither places of headings in Markdown nor how to fit a picture into a page: both are
// here.
#pragma once

#include <QTextBrowser>

namespace continuo::fx
{

class GuidePage : public QTextBrowser
{
	Q_OBJECT
public:
	explicit GuidePage(QWidget* parent);

signals:
	//! The heading that is shown on top: the chapter's own, or one within it
	void shown(const QString& heading);

protected:
	QVariant loadResource(int type, const QUrl& name) override;

private:
	void settle(const QUrl& source);
	void format();
	void bringToTop(const QTextBlock& heading);
};

} // namespace continuo::fx
