# SPDX-License-Identifier: Apache-2.0
"""continuoctl project: songs of LMMS that need models, beside a daemon that has some."""

import unittest
import zlib

from ctl_harness import BAD_INPUT, FAILED, CtlTest


def song(*effects):
    inner = "".join(
        '<effect name="continuofx" on="1" wet="1"><continuofxcontrols %s/><key/></effect>\n' % words
        for words in effects)
    return ('<?xml version="1.0"?>\n<lmms-project type="song" version="1.0" creator="LMMS" creatorversion="1.2.2">\n'
            '<head bpm="120"/>\n<song><trackcontainer/><fxmixer><fxchannel num="1" name="Guitar"><fxchain>\n'
            + inner + "</fxchain></fxchannel></fxmixer></song>\n</lmms-project>\n")


class ProjectTest(CtlTest):
    def write(self, *effects):
        (self.work / "song.mmp").write_text(song(*effects))
        return "song.mmp"

    def test_effects_are_shown(self):
        name = self.write('schema="1" model="drive" model_version="" mode="auto" p_drive="9"')
        shown = self.succeeds("--json", "project", "show", name).json
        self.assertEqual(shown["creator"], "LMMS 1.2.2")
        self.assertEqual(shown["effects"][0]["model"], "drive")
        self.assertEqual(shown["effects"][0]["parameters"], [{"id": "drive", "value": 9.0, "automated": False}])
        text = self.succeeds("project", "show", name).out
        for word in ("FX 1 Guitar", "drive=9", "1 Continuo effects"):
            self.assertIn(word, text)

    def test_a_song_that_has_all_it_needs_is_good(self):
        name = self.write('schema="1" model="drive" p_drive="9"', 'schema="1" model="tube"')
        before = (self.work / name).read_bytes()
        self.assertIn("2 Continuo effects, all as they were", self.succeeds("project", "check", name).out)
        self.assertEqual((self.work / name).read_bytes(), before)

    def test_what_is_missing_is_a_problem(self):
        name = self.write('model="nonesuch"', 'model="drive" model_version="0.0.1"',
                          'model="drive" p_drive="1000" p_nothing="1"')
        result = self.ctl("--json", "project", "check", name)
        self.assertEqual(result.code, FAILED)
        found = [(one["line"], one["severity"]) for one in result.json["findings"]]
        self.assertEqual(found, [(5, "problem"), (6, "problem"), (7, "problem"), (7, "problem")])
        text = "".join(one["what"] for one in result.json["findings"])
        for word in ("'nonesuch' is not installed", "drive@0.0.1 is not installed, but version", "'drive' is 1000",
                     "'nothing' is none of drive"):
            self.assertIn(word, text)

    def test_a_later_schema_is_a_notice(self):
        name = self.write('schema="7" model="drive"', 'schema="1"')
        found = self.succeeds("--json", "project", "check", name).json["findings"]
        self.assertEqual([one["severity"] for one in found], ["notice", "notice"])
        self.assertIn("schema 7", found[0]["what"])

    def test_credits(self):
        name = self.write('model="drive"', 'model="drive"', 'model="nonesuch"')
        entries = self.succeeds("--json", "project", "credits", name).json["credits"]
        self.assertEqual([one["model"] for one in entries], ["drive", "nonesuch"])
        self.assertEqual(entries[0]["license"], "Apache-2.0")
        self.assertFalse(entries[1]["installed"])
        self.assertIn("Drive", self.succeeds("project", "credits", name).out)

    def test_a_compressed_song(self):
        text = song('model="drive"').encode()
        (self.work / "song.mmpz").write_bytes(len(text).to_bytes(4, "big") + zlib.compress(text))
        self.assertEqual(len(self.succeeds("--json", "project", "show", "song.mmpz").json["effects"]), 1)

    def test_a_broken_file_is_named_by_line(self):
        (self.work / "broken.mmp").write_text("<lmms-project type='song'>\n<song>\n<track></song>")
        self.refuses(BAD_INPUT, ["broken.mmp", "line 3"], "project", "check", "broken.mmp")
        self.refuses(BAD_INPUT, ["nothing.mmp"], "project", "show", "nothing.mmp")


if __name__ == "__main__":
    unittest.main(verbosity=2)
