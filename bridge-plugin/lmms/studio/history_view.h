// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that was made, by whatever client: found, looked at, marked, made again, placed.
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "audition.h"
#include "song_link.h"
#include "studio_hub.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;
class QTreeWidget;

namespace continuo::fx
{

class CandidatesPanel;

class HistoryView : public QWidget
{
	Q_OBJECT
public:
	HistoryView(StudioHub* hub, SongLink* song, Audition* audition, QWidget* parent);

signals:
	void said(const QString& words);
	void derive(const continuo::studio::Request& request, const QString& name);

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void ask();
	void askForMore();
	void showCurrent();
	void remake();

private:
	QWidget* makeFilters();
	QWidget* makeActions();
	void add(const std::vector<studio::Record>& records);
	void showRecord(const studio::RecordAnswer& answer);
	void mark(const studio::Marks& marks);
	studio::RecordQuery query() const;
	QString currentId() const;

	StudioHub* m_hub;
	QTimer* m_askTimer;
	std::string m_next;
	int m_asked = 0;
	bool m_stale = true; //!< changed while it was hidden
	bool m_filling = false;
	studio::Record m_record;
	studio::Studio::Call m_remaking = 0;

	QLineEdit* m_words;
	QComboBox* m_task;
	QCheckBox* m_starredOnly;
	QTreeWidget* m_list;
	QPushButton* m_more;
	QLabel* m_about;
	QPushButton* m_star;
	QComboBox* m_rating;
	QPushButton* m_remake;
	CandidatesPanel* m_panel;
};

} // namespace continuo::fx
