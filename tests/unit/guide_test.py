#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The user guide holds together: each place that a control names is there, and so is whatever the
chapters link to or show.

Use: guide_test.py [TREE]. First breaks a copy in each way and sees that it is found; then looks at
the tree itself.
"""
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

TREE = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else __file__).resolve()
if TREE.is_file():
    TREE = TREE.parents[2]

GUIDE = "docs/guide"
SOURCES = "bridge-plugin/lmms"
# In the sources a place is a literal of its own: "create#seed", or "create" for a chapter.
EXACT = re.compile(r'"([a-z]+#[a-z-]+)"')
CHAPTER = re.compile(r'withHelp\(\w+, "([a-z]+)"\)')
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)]+)\)")


def slug(heading):
    """As guide.cpp has it."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")


def headings(text):
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.findall(r"^#+ (.*)$", without_code, re.M)


def places(guide):
    """All of them; each once, else a link would be to one of two."""
    found = []
    for path in sorted(guide.glob("*.md")):
        found.append(path.stem)
        found += [f"{path.stem}#{slug(heading)}" for heading in headings(path.read_text())[1:]]
    return found


def faults(tree):
    guide = tree / GUIDE
    known = places(guide)
    found = [f"{place}: twice in the guide" for place in set(known) if known.count(place) > 1]
    for path in sorted((tree / SOURCES).rglob("*.cpp")):
        text = path.read_text()
        for place in EXACT.findall(text) + CHAPTER.findall(text):
            if place not in known:
                found.append(f"{path.name}: no '{place}' in the guide")
    shown = set()
    linked = {"index"}
    for path in sorted(guide.glob("*.md")):
        for picture, target in LINK.findall(path.read_text()):
            if picture:
                shown.add(target)
                if not (guide / target).is_file():
                    found.append(f"{path.name}: no picture '{target}'")
                continue
            name, _, heading = target.partition("#")
            linked.add(name.removesuffix(".md"))
            if name.removesuffix(".md") + (f"#{heading}" if heading else "") not in known:
                found.append(f"{path.name}: a link to '{target}', which is not in the guide")
    found += [f"{path.name}: no chapter links to it" for path in guide.glob("*.md") if path.stem not in linked]
    found += [f"{path.name}: no chapter shows it" for path in guide.rglob("*.png")
              if path.relative_to(guide).as_posix() not in shown]
    return found


BREAKS = {
    "a heading is called otherwise": ("create.md", "### Seed\n", "### Luck\n", "request_form.cpp"),
    "a heading is there twice": ("create.md", "### Seed\n", "### Seed\n\n### Seed\n", "create#seed: twice"),
    "a link to nowhere": ("effect.md", "(models.md)", "(sounds.md)", "sounds.md"),
    "a link to no heading": ("effect.md", "trouble.md#missed-blocks", "trouble.md#lost", "trouble.md#lost"),
    "a picture that is not there": ("create.md", "images/create.png", "images/none.png", "images/none.png"),
    "a chapter that nobody finds": ("index.md", "11. [Plain words](glossary.md)", "11. Plain words", "glossary.md"),
}


class TheTestItself(unittest.TestCase):
    def test_each_fault_is_found(self):
        with tempfile.TemporaryDirectory() as directory:
            copy = pathlib.Path(directory)
            shutil.copytree(TREE / GUIDE, copy / GUIDE)
            shutil.copytree(TREE / SOURCES, copy / SOURCES)
            before = faults(copy)
            for what, (name, old, new, words) in BREAKS.items():
                with self.subTest(what):
                    path = copy / GUIDE / name
                    text = path.read_text()
                    self.assertIn(old, text)
                    path.write_text(text.replace(old, new))
                    after = [fault for fault in faults(copy) if fault not in before]
                    path.write_text(text)
                    self.assertTrue(any(words in fault for fault in after), after)


class TheGuide(unittest.TestCase):
    def test_it_holds_together(self):
        found = faults(TREE)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_controls_name_places_in_it(self):
        named = {place for path in (TREE / SOURCES).rglob("*.cpp") for place in EXACT.findall(path.read_text())}
        self.assertGreater(len(named), 40)


if __name__ == "__main__":
    unittest.main()
