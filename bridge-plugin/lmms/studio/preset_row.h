// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the form under a name of the user's, for one task each.
//
// They lie in ~/.config/continuo/studio.ini ($XDG_CONFIG_HOME), for all songs.
// Threads: [main-thread].
#pragma once

#include <QVariantMap>
#include <QWidget>

#include "shared/studio/types.h"

class QComboBox;
class QPushButton;

namespace continuo::fx
{

class PresetRow : public QWidget
{
	Q_OBJECT
public:
	explicit PresetRow(QWidget* parent);

	void setTask(studio::Task task);
	//! Keeps the values under that name; the problem in words, or empty
	QString save(const QString& name, const QVariantMap& values);

signals:
	void saveAsked(const QString& name);
	void chosen(const QVariantMap& values);

private slots:
	void choose();
	void askForName();
	void remove();

private:
	QString group() const;
	void fill(const QString& current);

	QString m_task;
	QComboBox* m_names;
	QPushButton* m_save;
	QPushButton* m_remove;
};

} // namespace continuo::fx
