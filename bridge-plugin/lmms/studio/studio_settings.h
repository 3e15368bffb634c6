// SPDX-License-Identifier: GPL-3.0-or-later
// Where the studio keeps what its user has set, for all songs.
#pragma once

#include <QStandardPaths>

namespace continuo::fx
{

//! ~/.config/continuo/studio.ini ($XDG_CONFIG_HOME)
inline QString studioSettingsPath()
{
	return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) + "/continuo/studio.ini";
}

} // namespace continuo::fx
