// SPDX-License-Identifier: GPL-3.0-or-later
// The studio as a tool of LMMS. Its code is in the library of the effect, for two copies of our
// messages in one process would end it; libcontinuostudio.so is only the name that LMMS looks for.
//
// LMMS makes the tool and its window at its start; the daemon is asked for nothing before the
// window is opened.
#pragma once

#include "lmms_song.h"

namespace continuo::fx
{

class StudioPlugin : public ToolPlugin
{
public:
	explicit StudioPlugin(const Descriptor* descriptor) : ToolPlugin(descriptor, nullptr) {}

	QString nodeName() const override { return "continuostudio"; }
	void saveSettings(QDomDocument&, QDomElement&) override {}
	void loadSettings(const QDomElement&) override {}

private:
	PluginView* instantiateView(QWidget* parent) override;
};

} // namespace continuo::fx
