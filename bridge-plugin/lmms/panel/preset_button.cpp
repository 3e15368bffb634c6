// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/preset_button.h"

#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QStandardPaths>

#include "model_list.h"

namespace continuo::fx
{

namespace
{

const QString ofModel = QStringLiteral("model:");
const QString ofUser = QStringLiteral("user:");

QString fromUtf8(const std::string& utf8) { return QString::fromStdString(utf8); }

} // namespace


PresetButton::PresetButton(ContinuoControls* controls, QWidget* parent) : QPushButton(parent), m_controls(controls)
{
	setObjectName("choice");
	m_menu = new QMenu(this);
	setMenu(m_menu);
	connect(m_menu, &QMenu::aboutToShow, this, &PresetButton::fillMenu);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &PresetButton::readPresets);
	connect(&ModelList::instance(), &ModelList::answered, this, &PresetButton::readPresets);
	readPresets();
}

preset::PresetFolder PresetButton::folder() const
{
	const QString home = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
	return {home.toStdString(), m_controls->modelId().toStdString()};
}

void PresetButton::readPresets()
{
	m_presets.clear();
	m_ofModel.clear();
	m_ofUser.clear();
	m_problems.clear();
	if (!m_controls->modelId().isEmpty())
	{
		for (const auto& model : ModelList::instance().models())
		{
			if (model.id != m_controls->modelId() || !m_ofModel.isEmpty()) { continue; }
			if (!m_controls->modelVersion().isEmpty() && model.version != m_controls->modelVersion()) { continue; }
			for (const auto& preset : model.presets)
			{
				m_ofModel << ofModel + fromUtf8(preset.id);
				m_presets[m_ofModel.last()] = {fromUtf8(preset.name), preset.values};
			}
		}
		std::vector<std::string> problems;
		for (const auto& preset : folder().List(&problems))
		{
			m_ofUser << ofUser + fromUtf8(preset.name);
			m_presets[m_ofUser.last()] = {fromUtf8(preset.name), preset.values};
		}
		for (const auto& problem : problems) { m_problems += fromUtf8(problem) + "\n"; }
	}
	setEnabled(!m_controls->modelId().isEmpty());
	refresh();
}

void PresetButton::refresh()
{
	const auto& chosen = m_controls->preset();
	const auto found = m_presets.find(chosen);
	QString words = tr("Presets");
	if (found != m_presets.end())
	{
		const bool turned = !m_controls->parameters().isAt(found->second.values);
		words = turned ? found->second.name + " *" : found->second.name;
	}
	else if (!chosen.isEmpty()) { words = tr("%1 (not here)").arg(chosen.mid(chosen.indexOf(':') + 1)); }
	constexpr int arrow = 30;
	const QString fits = fontMetrics().elidedText(words, Qt::ElideRight, qMax(40, width() - arrow));
	if (QPushButton::text() == fits) { return; }
	setText(fits);
	setToolTip(tr("%1\nSettings by name: the model's own, and yours. * : changed since").arg(words));
}

void PresetButton::fillMenu()
{
	readPresets();
	m_menu->clear();
	m_menu->setToolTipsVisible(true);
	const QString chosen = m_controls->preset();
	const auto add = [&](const QString& preset) {
		auto* action = m_menu->addAction(m_presets[preset].name);
		action->setCheckable(true);
		action->setChecked(preset == chosen);
		connect(action, &QAction::triggered, this, [this, preset] {
			m_controls->choosePreset(preset, m_presets[preset].values);
			refresh();
		});
	};
	auto* defaults = m_menu->addAction(tr("Defaults"));
	connect(defaults, &QAction::triggered, this, [this] {
		m_controls->choosePreset({}, {});
		refresh();
	});
	// LMMS's style shows no text in a section.
	const auto addAll = [&](const QString& title, const QStringList& presets) {
		if (presets.isEmpty()) { return; }
		m_menu->addSeparator();
		m_menu->addAction(title)->setEnabled(false);
		for (const auto& preset : presets) { add(preset); }
	};
	addAll(tr("Of the model"), m_ofModel);
	addAll(tr("Yours"), m_ofUser);
	m_menu->addSeparator();
	const bool isOwn = m_ofUser.contains(chosen);
	const QString own = isOwn ? m_presets[chosen].name : QString();
	auto* over = m_menu->addAction(isOwn ? tr("Save '%1'").arg(own) : tr("Save"));
	over->setEnabled(isOwn);
	connect(over, &QAction::triggered, this, [this, own] { save(own); });
	connect(m_menu->addAction(tr("Save as…")), &QAction::triggered, this, &PresetButton::askForName);
	auto* gone = m_menu->addAction(isOwn ? tr("Delete '%1'…").arg(own) : tr("Delete…"));
	gone->setEnabled(isOwn);
	connect(gone, &QAction::triggered, this, [this, own] { remove(own); });
	if (!m_problems.isEmpty())
	{
		m_menu->addSeparator();
		auto* problems = m_menu->addAction(tr("Some cannot be read"));
		problems->setToolTip(m_problems.trimmed());
		problems->setEnabled(false);
	}
}

void PresetButton::askForName()
{
	bool wanted = false;
	const QString before = m_ofUser.contains(m_controls->preset()) ? m_presets[m_controls->preset()].name : QString();
	const QString name =
		QInputDialog::getText(this, tr("Save a preset"), tr("Its name:"), QLineEdit::Normal, before, &wanted).trimmed();
	if (!wanted || name.isEmpty()) { return; }
	if (folder().Has(name.toStdString()))
	{
		const auto answer =
			QMessageBox::question(this, tr("Save a preset"), tr("There is a preset '%1'. Write over it?").arg(name));
		if (answer != QMessageBox::Yes) { return; }
	}
	save(name);
}

void PresetButton::save(const QString& name)
{
	preset::Preset preset{name.toStdString(), {}};
	for (const auto& [id, value] : m_controls->parameters().values()) { preset.values[id] = value; }
	const auto status = folder().Save(preset);
	if (status.ok()) { m_controls->namePreset(ofUser + name); }
	readPresets();
	tell(status);
}

void PresetButton::remove(const QString& name)
{
	const auto answer = QMessageBox::question(this, tr("Delete a preset"), tr("Delete the preset '%1'?").arg(name));
	if (answer != QMessageBox::Yes) { return; }
	const auto status = folder().Remove(name.toStdString());
	if (status.ok()) { m_controls->namePreset({}); }
	readPresets();
	tell(status);
}

void PresetButton::tell(const absl::Status& status)
{
	if (status.ok()) { return; }
	QMessageBox::warning(this, tr("Presets"), fromUtf8(std::string(status.message())));
}

} // namespace continuo::fx
