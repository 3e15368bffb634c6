// SPDX-License-Identifier: GPL-3.0-or-later
// What LMMS finds in its plugin folder; the studio itself is in libcontinuofx.so beside it.
#include <QPixmap>

#include "Plugin.h"
#include "embed.h"

#define STUDIO_EXPORT __attribute__((visibility("default")))

extern "C" {

Plugin* continuofx_make_studio(const Plugin::Descriptor* descriptor);

//! libcontinuofx.so has the picture
class LogoLoader : public PixmapLoader
{
public:
	QPixmap pixmap() const override { return QPixmap(":/artwork/continuofx/logo.png"); }
};

STUDIO_EXPORT Plugin::Descriptor continuostudio_plugin_descriptor = {
	"continuostudio",
	"Continuo Studio",
	QT_TRANSLATE_NOOP("pluginBrowser", "Melodies, harmonies and drums on request, and the models that write them"),
	"The Continuo authors",
	0x0100,
	Plugin::Tool,
	new LogoLoader,
	nullptr,
	nullptr,
};

STUDIO_EXPORT Plugin* lmms_plugin_main(Model*, void*)
{
	return continuofx_make_studio(&continuostudio_plugin_descriptor);
}

} // extern "C"
