// SPDX-License-Identifier: GPL-3.0-or-later
// Where notes are asked for and come in.
//
// Threads: [main-thread].
#pragma once

#include <QVector>
#include <QWidget>

#include "audition.h"
#include "song_link.h"
#include "studio_hub.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QTimer;

namespace continuo::fx
{

class CandidatesPanel;
class PresetRow;
class RequestForm;

class CreateView : public QWidget
{
	Q_OBJECT
public:
	CreateView(StudioHub* hub, SongLink* song, Audition* audition, QWidget* parent);

	//! Makes what is asked for; `name` is what it is called in the song
	void generate(const studio::Request& request, const QString& name);
	//! The same with as many candidates as the form says
	void derive(studio::Request request, const QString& name);
	//! Tracks and patterns may be others since
	void refreshSong();

signals:
	void said(const QString& words);

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void takeTask();
	void takeSource();
	void askForPlan();
	void start();
	void cancel();

private:
	QWidget* makeLeft();
	studio::Request wanted(QString* problem) const;
	void take(const studio::Making& making);
	void end(const QString& words);
	studio::Task task() const;
	QString taskName() const;

	StudioHub* m_hub;
	SongLink* m_song;
	studio::Studio::Call m_call = 0;
	bool m_running = false;
	studio::Studio::Call m_planning = 0;
	int m_plans = 0; //!< asked for; only the last one counts
	QTimer* m_planTimer;
	QVector<NoteSource> m_sources;
	TakenNotes m_taken;
	studio::Record m_record; //!< of what is made now

	QComboBox* m_task;
	QComboBox* m_source;
	QLabel* m_sourceLabel;
	QLabel* m_plan;
	PresetRow* m_presets;
	RequestForm* m_form;
	QPushButton* m_generate;
	QPushButton* m_cancel;
	QPushButton* m_randomise;
	QProgressBar* m_progress;
	CandidatesPanel* m_panel;
};

} // namespace continuo::fx
