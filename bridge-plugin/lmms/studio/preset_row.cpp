// SPDX-License-Identifier: GPL-3.0-or-later
#include "preset_row.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QPushButton>
#include <QSettings>
#include <algorithm>

#include "help/help.h"
#include "studio_settings.h"

namespace continuo::fx
{

PresetRow::PresetRow(QWidget* parent) : QWidget(parent)
{
	auto* line = new QHBoxLayout(this);
	line->setContentsMargins(0, 0, 0, 0);
	line->setSpacing(4);
	m_names = withHelp(new QComboBox(this), "create#presets");
	m_names->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	m_names->setMinimumContentsLength(6);
	m_names->setToolTip(tr("Settings that you have kept for this task"));
	m_save = withHelp(new QPushButton(tr("Keep"), this), "create#presets");
	m_save->setToolTip(tr("Keeps the controls as they are, under a name"));
	m_remove = withHelp(new QPushButton(tr("Forget"), this), "create#presets");
	m_remove->setToolTip(tr("Removes the chosen preset"));
	line->addWidget(m_names, 1);
	line->addWidget(m_save);
	line->addWidget(m_remove);
	connect(m_names, QOverload<int>::of(&QComboBox::activated), this, &PresetRow::choose);
	connect(m_save, &QPushButton::clicked, this, &PresetRow::askForName);
	connect(m_remove, &QPushButton::clicked, this, &PresetRow::remove);
}

QString PresetRow::group() const { return "preset-" + m_task; }

void PresetRow::setTask(studio::Task task)
{
	m_task = studio::ToWords(task);
	fill({});
}

void PresetRow::fill(const QString& current)
{
	QSettings settings(studioSettingsPath(), QSettings::IniFormat);
	settings.beginGroup(group());
	m_names->clear();
	m_names->addItem(tr("none"));
	m_names->addItems(settings.childKeys());
	m_names->setCurrentIndex(std::max(0, m_names->findText(current)));
	m_remove->setEnabled(m_names->currentIndex() > 0);
}

void PresetRow::choose()
{
	m_remove->setEnabled(m_names->currentIndex() > 0);
	if (m_names->currentIndex() == 0) { return; }
	QSettings settings(studioSettingsPath(), QSettings::IniFormat);
	settings.beginGroup(group());
	emit chosen(settings.value(m_names->currentText()).toMap());
}

void PresetRow::askForName()
{
	bool wanted = false;
	const auto before = m_names->currentIndex() > 0 ? m_names->currentText() : QString();
	const auto name =
		QInputDialog::getText(this, tr("Keep a preset"), tr("Its name:"), QLineEdit::Normal, before, &wanted).trimmed();
	// A slash would be a group within the file.
	if (wanted && !name.isEmpty()) { emit saveAsked(QString(name).replace('/', '-').replace('\\', '-')); }
}

QString PresetRow::save(const QString& name, const QVariantMap& values)
{
	{
		QSettings settings(studioSettingsPath(), QSettings::IniFormat);
		settings.beginGroup(group());
		settings.setValue(name, values);
		settings.sync();
		if (settings.status() != QSettings::NoError) { return tr("'%1' cannot be written").arg(studioSettingsPath()); }
	}
	fill(name);
	return {};
}

void PresetRow::remove()
{
	{
		QSettings settings(studioSettingsPath(), QSettings::IniFormat);
		settings.beginGroup(group());
		settings.remove(m_names->currentText());
	}
	fill({});
}

} // namespace continuo::fx
