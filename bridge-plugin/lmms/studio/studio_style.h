// SPDX-License-Identifier: GPL-3.0-or-later
// Qt's own controls in the colours of LMMS's theme, which styles only those that LMMS uses.
#pragma once

namespace continuo::fx
{

inline constexpr const char* studioStyle = R"(
#studio, #studio QScrollArea, #studio #cards, #studio #form { background: #262b30; }
#studio QScrollArea { border: none; }
#studio QWidget { color: #d1d8e4; }
#studio *:disabled { color: #6b7480; }
#studio QTabWidget::pane { border: none; border-top: 1px solid #323940; }
#studio QTabBar::tab { background: #181b1f; padding: 5px 18px; border-top-left-radius: 3px; border-top-right-radius: 3px; margin-right: 2px; }
#studio QTabBar::tab:selected { background: #323940; }
#studio QTabBar::tab:focus { color: #0bd556; }
#studio QPushButton { background: #3b424a; border: 1px solid #181b1f; border-radius: 3px; padding: 3px 10px; }
#studio QPushButton:hover { background: #485058; }
#studio QPushButton:pressed, #studio QPushButton:checked { background: #17793b; }
#studio QPushButton:disabled { background: #2c3238; }
#studio QPushButton:focus, #studio QComboBox:focus, #studio QSpinBox:focus, #studio QDoubleSpinBox:focus { border: 1px solid #0bd556; }
#studio QPushButton#primary { background: #17793b; }
#studio QPushButton#primary:hover { background: #1d9449; }
#studio QPushButton#primary:disabled { background: #2c3238; }
#studio QComboBox, #studio QSpinBox, #studio QDoubleSpinBox, #studio QLineEdit { background: #101213; border: 1px solid #101213; border-radius: 3px; padding: 2px 4px; min-height: 16px; selection-background-color: #17793b; }
#studio QComboBox QAbstractItemView { background: #15191c; border: 1px solid #08993e; selection-background-color: #17793b; }
#studio QTreeWidget, #studio QTextBrowser { background: #15191c; border: 1px solid #101213; }
#studio QHeaderView::section { background: #323940; border: none; border-right: 1px solid #262b30; padding: 3px 5px; }
#studio QProgressBar { background: #101213; border: none; border-radius: 3px; height: 8px; max-height: 8px; }
#studio QProgressBar::chunk { background: #0bd556; border-radius: 3px; }
#studio QSlider::groove:horizontal { background: #101213; height: 4px; border-radius: 2px; }
#studio QSlider::handle:horizontal { background: #d1d8e4; width: 10px; margin: -5px 0; border-radius: 5px; }
#studio QSlider::handle:horizontal:focus { background: #0bd556; }
#studio QToolButton { background: transparent; border: none; padding: 2px; font-size: 12px; }
#studio #help { background: #3b424a; border: 1px solid #181b1f; border-radius: 3px; padding: 2px 24px 2px 9px; margin: 0 10px 3px 0; font-weight: bold; }
#studio #help:hover { background: #485058; }
#studio #help::menu-button { border-left: 1px solid #181b1f; width: 15px; }
#studio QMenu { background: #15191c; border: 1px solid #08993e; }
#studio QMenu::item:selected { background: #17793b; }
#studio #tour { background: #17402a; border: 1px solid #0bd556; border-radius: 5px; }
#studio #tour-frame { background: transparent; border: 2px solid #0bd556; border-radius: 5px; }
#studio QAbstractSpinBox::up-button, #studio QAbstractSpinBox::down-button { background: #323940; border: none; width: 15px; }
#studio QAbstractSpinBox::up-button:hover, #studio QAbstractSpinBox::down-button:hover { background: #485058; }
#studio QAbstractSpinBox::up-arrow { image: url(resources:sbarrow_up.png); width: 5px; height: 5px; }
#studio QAbstractSpinBox::down-arrow { image: url(resources:sbarrow_down.png); width: 5px; height: 5px; }
)";

} // namespace continuo::fx
