// SPDX-License-Identifier: GPL-3.0-or-later
// The guide's window: it needs no browser and no network.
//
//   ┌──────────────┬───────────────────────────┐
//   │ [◀] [▶]      │ Create                    │
//   │ [search    ] │                           │
//   │ The effect   │ Seed                      │
//   │ Create       │ The same request with …   │
//   └──────────────┴───────────────────────────┘
//     chapters, or what has the words searched for
//
// Threads: [main-thread].
#pragma once

#include <QWidget>

#include "guide.h"

class QLineEdit;
class QListWidget;

namespace continuo::fx
{

class GuidePage;

class GuideWindow : public QWidget
{
	Q_OBJECT
public:
	explicit GuideWindow(QWidget* parent);

	//! Shows the window with that place; with none the first chapter
	void open(const QString& place);

private:
	void fillList();

	Guide m_guide;
	QLineEdit* m_words;
	QListWidget* m_list;
	GuidePage* m_page;
};

} // namespace continuo::fx
