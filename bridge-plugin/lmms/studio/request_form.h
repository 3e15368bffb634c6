// SPDX-License-Identifier: GPL-3.0-or-later
// The controls of a request: few that matter most, and the others under "Advanced". Each is
// there only for the tasks that it says something to.
//
// Threads: [main-thread].
#pragma once

#include <QVariantMap>
#include <QVector>
#include <QWidget>

#include "shared/studio/types.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLineEdit;
class QSlider;
class QSpinBox;
class QToolButton;

namespace continuo::fx
{

class RequestForm : public QWidget
{
	Q_OBJECT
public:
	explicit RequestForm(QWidget* parent);

	void setTask(studio::Task task);
	//! Models that write notes, with their tasks, for the choice of a model
	void setModels(const std::vector<studio::ModelRow>& models);
	//! What has to be known of the input
	void setInputBars(int bars);
	//! Fills all but task, input, tempo and signature
	void fill(studio::Request* request) const;
	void setSeed(std::uint64_t seed);
	int candidates() const;
	//! The controls by name, but the seed; what a preset keeps
	QVariantMap values() const;
	//! Those that are named; the others stay
	void setValues(const QVariantMap& values);

public slots:
	//! Other values for what is not locked, and another seed
	void randomise();

signals:
	void changed();

private:
	using Tasks = unsigned; //!< bit (1 << task)
	struct Row
	{
		QVector<QWidget*> widgets;
		Tasks tasks;
		bool advanced;
		QString words; //!< what a search looks at
	};
	//! A knob of 0 to 1 that says nothing until it is moved
	struct Macro
	{
		QSlider* slider;
		QToolButton* lock;
		const char* name;
	};

	void addRow(const QString& label, QWidget* editor, const QString& unit, const QString& help, Tasks tasks,
		bool advanced, QToolButton* lock = nullptr);
	void addMacro(const char* name, const char* place, const QString& label, const QString& ends, const QString& help,
		Tasks tasks, bool advanced);
	QToolButton* makeLock();
	QVector<QPair<QString, QWidget*>> named() const;
	void addBasics();
	void addAdvanced();
	void showRows();
	void fillModelBox();

	studio::Task m_task = studio::Task::kMelody;
	std::vector<studio::ModelRow> m_models;
	QGridLayout* m_grid;
	QVector<Row> m_rows;
	QVector<Macro> m_macros;

	QSpinBox* m_bars;
	QSpinBox* m_firstBar;
	QSpinBox* m_lastBar;
	QComboBox* m_style;
	QSlider* m_variation;
	QSpinBox* m_candidates;
	QLineEdit* m_seed;
	QToolButton* m_seedLock;
	QToolButton* m_advanced;
	QLineEdit* m_search;
	QComboBox* m_model;
	QComboBox* m_key;
	QComboBox* m_scale;
	QLineEdit* m_chords;
	QLineEdit* m_voice;
	QSpinBox* m_lowest;
	QSpinBox* m_highest;
	QSpinBox* m_density;
	QDoubleSpinBox* m_temperature;
	QDoubleSpinBox* m_topP;
	QDoubleSpinBox* m_minimumScore;
	QSpinBox* m_attempts;
	QLineEdit* m_transforms;
};

} // namespace continuo::fx
