# SPDX-License-Identifier: Apache-2.0
"""What widgets LMMS has, by widget_probe.cc: found by what they are, not by where they are."""

import json
import os
import pathlib
import time

from .sandbox import BUILD, wait_until

PROBE = pathlib.Path(os.environ.get("CONTINUO_TEST_LIBRARIES", BUILD / "tests/lmms/helpers")) / "libwidget_probe.so"


class Widgets:
    """To be made before LMMS is opened in that sandbox."""

    def __init__(self, sandbox):
        plugins = sandbox.root / "plugins"
        plugins.mkdir()
        for library in [*(BUILD / "lib/lmms").glob("*.so"), PROBE]:
            (plugins / library.name).symlink_to(library)
        self.path = sandbox.root / "widgets.json"
        sandbox.environment["LMMS_PLUGIN_DIR"] = str(plugins)
        sandbox.environment["CONTINUO_WIDGETS"] = str(self.path)

    def all(self):
        """As they are now; what was written before may have been before a key."""
        asked = time.time_ns()
        if not wait_until(lambda: self.path.exists() and self.path.stat().st_mtime_ns > asked, 20):
            raise AssertionError("the probe writes nothing")
        return json.loads(self.path.read_text())

    def find(self, **wanted):
        """The visible ones with these values."""
        wanted = {"in" if name == "within" else name: value for name, value in wanted.items()}
        return [widget for widget in self.all()
                if widget["visible"] and all(widget[name] == value for name, value in wanted.items())]

    def tipped(self, words):
        """The visible ones whose tooltip begins like that."""
        return [widget for widget in self.all() if widget["visible"] and widget["tip"].startswith(words)]

    def get(self, seconds=20, **wanted):
        found = wait_until(lambda: self.find(**wanted), seconds)
        if not found:
            raise AssertionError(f"no widget {wanted}")
        return found[0]


def middle(widget):
    x, y, width, height = widget["box"]
    return x + width // 2, y + height // 2
