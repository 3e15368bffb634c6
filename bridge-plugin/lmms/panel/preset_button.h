// SPDX-License-Identifier: GPL-3.0-or-later
// The preset that was chosen, marked with a star when knobs were turned since; pressed, a menu of the
// model's presets and the user's own, to be saved, written over and removed.
//
// The user's lie in $XDG_DATA_HOME/continuo/presets (shared/preset/preset_folder.h).
// Threads: [main-thread].
#pragma once

#include <QPushButton>
#include <map>

#include "continuo_controls.h"
#include "shared/preset/preset_folder.h"

class QMenu;

namespace continuo::fx
{

class PresetButton : public QPushButton
{
	Q_OBJECT
public:
	PresetButton(ContinuoControls* controls, QWidget* parent);

	//! Says whether knobs were turned
	void refresh();

private slots:
	void readPresets();
	void fillMenu();
	void askForName();

private:
	struct Entry
	{
		QString name;
		std::map<std::string, float> values;
	};

	preset::PresetFolder folder() const;
	void save(const QString& name);
	void remove(const QString& name);
	void tell(const absl::Status& status);

	ContinuoControls* m_controls;
	QMenu* m_menu;
	std::map<QString, Entry> m_presets; //!< as ContinuoControls::preset() names them
	QStringList m_ofModel;              //!< in the model's order
	QStringList m_ofUser;
	QString m_problems; //!< of files that could not be read
};

} // namespace continuo::fx
