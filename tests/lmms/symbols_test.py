#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the plugin gives to LMMS's process and takes from it."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from lmmslab import project, sandbox
from lmmslab.sandbox import BUILD, Sandbox

PLUGIN = BUILD / "lib/lmms/libcontinuofx.so"
STUDIO = BUILD / "lib/lmms/libcontinuostudio.so"
HELPERS = pathlib.Path(os.environ["CONTINUO_TEST_LIBRARIES"])


def tool(*argv):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True).stdout


def defined(path):
    """Names of the dynamic symbols that a file defines, without versions."""
    lines = tool("nm", "-D", "--defined-only", "-f", "posix", path).splitlines()
    return {line.split()[0].split("@")[0] for line in lines}


class Symbols(unittest.TestCase):
    def test_exports_exactly_what_lmms_looks_for_and_the_door_to_the_studio(self):
        self.assertEqual(defined(PLUGIN), {"continuofx_plugin_descriptor", "lmms_plugin_main", "continuofx_make_studio"})
        self.assertEqual(defined(STUDIO), {"continuostudio_plugin_descriptor", "lmms_plugin_main"})

    def test_the_studio_carries_no_messages_and_finds_the_effects_library_beside_it(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", tool("readelf", "-d", STUDIO))
        self.assertIn("libcontinuofx.so", needed)
        self.assertEqual([name for name in needed if "proto" in name or "grpc" in name], [])
        self.assertRegex(tool("readelf", "-d", STUDIO), r"(RUNPATH|RPATH).*\$ORIGIN")

    def test_take_from_lmms_only_what_its_executable_exports(self):
        for plugin, least in ((PLUGIN, 20), (STUDIO, 1)):
            libraries = re.findall(r"=> (/\S+)", tool("ldd", plugin)) + ["/lib64/ld-linux-x86-64.so.2"]
            given = set().union(*(defined(path) for path in libraries if os.path.exists(path)))
            undefined = set()
            for line in tool("nm", "-D", "--undefined-only", "-f", "posix", plugin).splitlines():
                name, kind = line.split()[:2]
                if kind == "U":  # not the weak ones
                    undefined.add(name.split("@")[0])
            of_lmms = undefined - given
            self.assertGreaterEqual(len(of_lmms), least, "an LMMS plugin takes symbols from LMMS")
            self.assertEqual(of_lmms - defined(shutil.which("lmms")), set())

    def test_are_bound_at_load(self):
        for plugin in (PLUGIN, STUDIO):
            self.assertRegex(tool("readelf", "-d", plugin), r"FLAGS.*(BIND_NOW|NOW)")


class Scope(unittest.TestCase):
    """In the process of the real LMMS."""

    def render(self, preload):
        with Sandbox() as world:
            plugins = world.root / "plugins"
            plugins.mkdir()
            shutil.copy(PLUGIN, plugins)
            shutil.copy(STUDIO, plugins)
            for name in ("aa", "zz"):  # LMMS loads plugins in the order of their names
                shutil.copy(HELPERS / f"lib{name}_neighbour.so", plugins)
            facts = world.root / "facts"
            world.render(project.song(project.effect(model=""), bars=1), "scope",
                         environment={"LMMS_PLUGIN_DIR": str(plugins), "LD_PRELOAD": " ".join(map(str, preload)),
                                      "CONTINUO_SCOPE_PROBE": str(facts)})
            self.assertEqual(len(world.reports()), 1, "the effect was not loaded")
            # `lmms` may run helpers of its own; the process that had the plugin is the one that counts.
            return facts.read_text().splitlines()

    def test_grpc_and_protobuf_stay_out_of_the_global_scope(self):
        facts = self.render([HELPERS / "libscope_probe.so"])
        self.assertEqual(facts.count("mapped libcontinuofx.so"), 1)
        self.assertIn("mapped libcontinuostudio.so", facts)
        self.assertIn("mapped libprotobuf.so", facts)
        self.assertEqual([fact for fact in facts if fact.startswith("global")], [])

    def test_a_neighbour_with_its_own_protobuf_messages_works_beside_it(self):
        facts = self.render([HELPERS / "libscope_probe.so"])
        neighbours = [fact for fact in facts if fact.startswith("neighbour")]
        self.assertEqual(neighbours, ["neighbour start right"] * 2 + ["neighbour end right"] * 2)

    def test_the_probe_sees_protobuf_where_it_is_global(self):
        protobuf = re.search(r"libprotobuf\.so\S* => (\S+)", tool("ldd", PLUGIN)).group(1)
        facts = self.render([HELPERS / "libscope_probe.so", protobuf])
        self.assertTrue([fact for fact in facts if fact.startswith("global")])


if __name__ == "__main__":
    sandbox.main()
