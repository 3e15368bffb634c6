// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio_plugin.h"

#include "studio_view.h"

namespace continuo::fx
{

PluginView* StudioPlugin::instantiateView(QWidget*) { return new StudioView(this); }

//! For libcontinuostudio.so, and nobody else
extern "C" CONTINUO_PLUGIN_EXPORT Plugin* continuofx_make_studio(const Plugin::Descriptor* descriptor)
{
	return new StudioPlugin(descriptor);
}

} // namespace continuo::fx
