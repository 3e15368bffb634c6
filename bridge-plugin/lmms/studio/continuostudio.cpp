// SPDX-License-Identifier: GPL-3.0-or-later
// What LMMS finds in its plugin folder; the studio itself is in libcontinuofx.so beside it, and so is
// the picture.
#include "lmms_compat.h"

namespace continuo::fx
{

extern "C" {

Plugin* continuofx_make_studio(const Plugin::Descriptor* descriptor);

CONTINUO_PLUGIN_EXPORT Plugin::Descriptor continuostudio_plugin_descriptor = {
	"continuostudio",
	"Continuo Studio",
	QT_TRANSLATE_NOOP("pluginBrowser", "Melodies, harmonies and drums on request, and the models that write them"),
	"The Continuo authors",
	0x0100,
	toolPluginType,
	makeLogo("logo"),
	nullptr,
	nullptr,
};

CONTINUO_PLUGIN_EXPORT Plugin* lmms_plugin_main(Model*, void*)
{
	return continuofx_make_studio(&continuostudio_plugin_descriptor);
}

} // extern "C"

} // namespace continuo::fx
