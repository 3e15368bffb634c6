#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Projects of every form that our settings have had, and of one that is not yet, in the real LMMS.

fixtures/schema-0.mmp   an effect as it was written before 0.1.0: no schema, no mode, no channels
fixtures/schema-1.mmp   as LMMS 1.2.2 with the effect and the studio of 0.1.0 saved it, its recipe beside it
fixtures/schema-1-sides.mmp  as they saved it later: link group, keys, and the other side of a comparison
fixtures/generated-2.mmp  the same, saved when the list of what was generated had become one text
fixtures/schema-99.mmp  of a version to come, with what nobody knows yet
"""

import pathlib
import shutil
import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import BUILD, Sandbox, wait_until

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"


def tree_of(node):
    """A node with all below it, without the ids that LMMS gives anew, and the list of what was generated."""
    attributes = {name: value for name, value in node.attrib.items() if not (name == "id" and node.tag.startswith("p_"))}
    children = [tree_of(child) for child in node if child.tag != "generated"]
    return node.tag, attributes, (node.text or "").strip(), children


def ours(tree):
    return tree.findall(".//continuofxcontrols")


class Fixtures(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        for name in ("schema-1", "generated-2"):
            shutil.copytree(FIXTURES / "schema-1.continuo", self.world.root / f"{name}.continuo")

    def saved(self, name):
        """The project as it is, and as LMMS saves it, opened and saved in its window."""
        desk = Desk(self.world)
        lmms = desk.open((FIXTURES / f"{name}.mmp").read_text(), name=name)
        ready = lambda: "ready" in [stream["state"] for stream in (self.world.status() or {"streams": []})["streams"]]
        self.assertTrue(wait_until(ready, 30, 0.1), "no stream of its effect")
        desk.save(lmms)
        desk.quit(lmms)
        return ElementTree.parse(FIXTURES / f"{name}.mmp"), ElementTree.parse(lmms.source)

    def ctl(self, verb, name, *arguments):
        return self.world.ctl("project", verb, self.world.root / f"{name}.mmp", *arguments)

    def generated(self, file):
        return [{**clip, "line": 0} for clip in self.world.ctl("project", "show", file)["generated"]]

    def automated(self, tree, knob):
        """Whether the automation track of the project moves that knob."""
        return tree.find(".//automationpattern/object").get("id") == tree.find(f".//{knob}").get("id")

    def check_drive(self, node):
        values = {name: float(node.get(name) if node.get(name) else node.find(name).get("value"))
                  for name in ("p_drive", "p_tone", "p_level")}
        self.assertEqual(values, {"p_drive": 8, "p_tone": 6, "p_level": -3})

    def test_before_there_was_a_schema(self):
        _, after = self.saved("schema-0")
        node, = ours(after)
        self.assertEqual([node.get(name) for name in ("schema", "model", "mode", "channels")],
                         ["1", "drive", "auto", "each"])
        self.check_drive(node)
        self.assertTrue(self.automated(after, "p_tone"))
        # Without LMMS it comes to the same.
        shutil.copy(FIXTURES / "schema-0.mmp", self.world.root)
        self.assertEqual([one["what"] for one in self.ctl("upgrade", "schema-0")["changes"]], ["schema 0 is 1 now"])
        upgraded, = ours(ElementTree.parse(self.world.root / "schema-0.mmp"))
        self.check_drive(upgraded)
        self.assertEqual([upgraded.get(name) for name in ("schema", "mode", "channels")], ["1", "auto", "each"])

    def test_of_the_first_release(self):
        before, after = self.saved("schema-1")
        self.assertEqual([tree_of(node) for node in ours(after)], [tree_of(node) for node in ours(before)])
        self.assertEqual(len(ours(after)), 2)
        self.check_drive(next(node for node in ours(after) if node.get("model") == "drive"))
        self.assertTrue(self.automated(after, "p_tone"))
        saved = self.world.root / "schema-1.mmp"
        clips = self.generated(saved)
        self.assertEqual({(clip["track"], clip["bar"], clip["recipe_is_there"]) for clip in clips},
                         {("Melody", 1, True), ("Chords", 1, True)})
        self.assertEqual(ElementTree.parse(saved).find(".//generated").get("schema"), "2")
        self.ctl("check", "schema-1")
        self.assertEqual(self.ctl("upgrade", "schema-1")["changes"], [])
        # Without LMMS it comes to the same.
        shutil.copy(FIXTURES / "schema-1.mmp", self.world.root)
        self.assertEqual(self.generated(saved), clips)
        self.assertEqual([one["what"] for one in self.ctl("upgrade", "schema-1")["changes"]],
                         ["the list of what was generated: schema 1 is 2 now"])
        self.assertEqual(self.generated(saved), clips)

    def test_with_the_list_as_one_text(self):
        before, after = self.saved("generated-2")
        self.assertEqual([tree_of(node) for node in ours(after)], [tree_of(node) for node in ours(before)])
        was, now = (tree.find(".//generated") for tree in (before, after))
        self.assertEqual((now.attrib, now.text, len(now)), (was.attrib, was.text, 0))
        self.assertEqual({(clip["track"], clip["recipe_is_there"]) for clip in self.generated(self.world.root / "generated-2.mmp")},
                         {("Melody", True), ("Chords", True)})
        self.ctl("check", "generated-2")
        self.assertEqual(self.ctl("upgrade", "generated-2")["changes"], [])

    def test_with_links_keys_and_another_side(self):
        before, after = self.saved("schema-1-sides")
        self.assertEqual([tree_of(node) for node in ours(after)], [tree_of(node) for node in ours(before)])
        kick, pad = self.ctl("show", "schema-1-sides")["effects"]
        self.assertEqual([kick[name] for name in ("link", "send_key", "take_key", "side")], ["drums", "kick", "", "A"])
        self.assertEqual([pad[name] for name in ("link", "send_key", "take_key", "side")], ["drums", "", "kick", "B"])
        self.assertIsNone(kick["other_side"])
        other = pad["other_side"]
        self.assertEqual((other["model"], {one["id"]: one["value"] for one in other["parameters"]}),
                         ("drive", {"drive": 8, "tone": 6, "level": -3}))
        self.assertEqual(self.ctl("check", "schema-1-sides")["findings"], [])
        self.assertEqual([one["model"].split("@")[0] for one in self.ctl("credits", "schema-1-sides")["credits"]],
                         ["drive", "opto"])
        self.assertEqual(self.ctl("upgrade", "schema-1-sides")["changes"], [])

    def test_of_a_version_to_come(self):
        before, after = self.saved("schema-99")
        (known,), (kept,) = ours(before), ours(after)
        for name, value in known.attrib.items():
            self.assertEqual(kept.get(name), value, name)
        for tag in ("orchestra", "generated"):
            self.assertEqual(tree_of(kept.find(tag)), tree_of(known.find(tag)))
        self.assertIn("schema 99", self.world.reports()[-1]["words"])
        self.assertEqual(self.world.reports()[-1]["parameters"]["drive"], 8)
        # Nobody but the later version writes it.
        self.assertEqual(self.ctl("upgrade", "schema-99")["changes"], [])
        made = self.world.run(BUILD / "bin/continuoctl", "--socket", self.world.socket, "generate", "melody", "--bars", 1)
        self.assertEqual(made.returncode, 0)
        with self.assertRaisesRegex(AssertionError, "later version"):
            self.ctl("place", "schema-99", "last")


if __name__ == "__main__":
    sandbox.main()
