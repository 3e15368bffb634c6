// SPDX-License-Identifier: GPL-3.0-or-later
// What the effect's panel looks like: the studio's controls, narrower, and the colours of its pictures.
#pragma once

#include <QColor>
#include <QLabel>
#include <QString>

#include "studio/studio_style.h"

namespace continuo::fx
{

inline const QColor paperColour(0x14, 0x16, 0x16);
inline const QColor gridColour(0x29, 0x2e, 0x2b);
inline const QColor inkColour(0x8a, 0x96, 0xa4);
inline const QColor inputColour(0x4f, 0xa3, 0xe0);
inline const QColor outputColour(0x0b, 0xd5, 0x56);
inline const QColor loudColour(0xe8, 0xa3, 0x3d);
inline const QColor clipColour(0xe0, 0x48, 0x3e);

inline constexpr int panelWidth = 396; // without its margins
inline constexpr int smallTextPixels = 9;
inline constexpr int textPixels = 11;

inline QFont panelFont(QFont font, int pixels)
{
	font.setPixelSize(pixels);
	return font;
}

//! Of the dialog, whose name is "panel"
inline QString panelStyle()
{
	return QString(studioStyle).replace("#studio", "#panel") + R"(
#panel { background: #262b30; }
#panel QPushButton { padding: 2px 6px; min-height: 14px; }
#panel QPushButton#choice { text-align: left; padding-left: 6px; }
#panel QPushButton#tab { background: transparent; border: none; border-radius: 0; padding: 1px 8px; color: #8a96a4; }
#panel QPushButton#tab:checked { color: #0bd556; border-bottom: 1px solid #0bd556; }
#panel QLineEdit { min-height: 14px; padding: 1px 4px; }
#panel QScrollBar:vertical { background: #181b1f; width: 8px; margin: 0; }
#panel QScrollBar::handle:vertical { background: #3b424a; border-radius: 3px; min-height: 20px; }
#panel QScrollBar::add-line:vertical, #panel QScrollBar::sub-line:vertical { height: 0; }
)";
}

} // namespace continuo::fx
