// SPDX-License-Identifier: GPL-3.0-or-later
// The models: those that are here, those of the repositories, and what is done with them.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "studio_hub.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTextBrowser;
class QTreeWidget;

namespace continuo::fx
{

class ModelsView : public QWidget
{
	Q_OBJECT
public:
	ModelsView(StudioHub* hub, QWidget* parent);

signals:
	void said(const QString& words);

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void fill();
	void showCurrent();
	void install();
	void remove();

private:
	QWidget* makeFilters();
	QWidget* makeActions();
	void takeInstalling(const studio::Installing& installing);
	const studio::ModelRow* current() const;

	StudioHub* m_hub;
	studio::Studio::Call m_installing = 0;
	bool m_busy = false;

	QLineEdit* m_words;
	QComboBox* m_kind;
	QTreeWidget* m_list;
	QTextBrowser* m_about;
	QPushButton* m_install;
	QPushButton* m_cancel;
	QPushButton* m_remove;
	QProgressBar* m_progress;
};

} // namespace continuo::fx
