#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""continuoctl project adopt: what a colleague has generated for a song, in the history of this
machine. The colleague has a home, a daemon and a history of their own."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import unittest
import zipfile

from ctl_harness import BAD_INPUT, FAILED, MODELS, REFUSED, CtlTest, Home, run_ctl, wait_until

SONG = ('<?xml version="1.0"?>\n<lmms-project type="song" version="1.0" creator="LMMS" creatorversion="1.2.2">\n'
        '<head bpm="120"/>\n<song><trackcontainer/><fxmixer><fxchannel num="0" name="Master"><fxchain>{}</fxchain>'
        '</fxchannel></fxmixer></song>\n</lmms-project>\n')


def frame(content):
    """A zstd frame that holds the bytes as they are."""
    pieces = [content[at:at + (1 << 17)] for at in range(0, len(content), 1 << 17)] or [b""]
    blocks = b"".join(((len(piece) << 3) | (number == len(pieces) - 1)).to_bytes(3, "little") + piece
                      for number, piece in enumerate(pieces))
    return b"\x28\xb5\x2f\xfd\xa0" + len(content).to_bytes(4, "little") + blocks


class AdoptTest(CtlTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Home()
        # A model that only the colleague has.
        own = cls.other.path / "models" / "elsewhere"
        shutil.copytree(pathlib.Path(MODELS) / "fake-notes", own)
        manifest = (own / "model.json").read_text().replace('"fake-notes"', '"elsewhere"')
        (own / "model.json").write_text(manifest)
        cls.other.environment["CONTINUO_MODEL_PATH"] += f":{own.parent}"

    @classmethod
    def tearDownClass(cls):
        try:
            for pid in cls.other.processes():
                os.kill(pid, signal.SIGTERM)
            wait_until("the colleague's daemon has ended", lambda: not cls.other.processes())
        finally:
            for pid in cls.other.processes():
                os.kill(pid, signal.SIGKILL)
            cls.other.remove()
            super().tearDownClass()

    def colleague(self, *arguments):
        """What the colleague's continuoctl says, which starts a daemon where there is none."""
        result = run_ctl(self.other, *arguments, cwd=self.work)
        self.assertEqual(result.code, 0, result.err + result.out)
        return result

    def made_elsewhere(self, seed, model="fake-notes", title="Étude of afar"):
        """A record of the colleague's with two candidates, in a song; the record's id."""
        made = self.colleague("--json", "generate", "melody", "--model", model, "--bars", 2, "--seed", seed,
                              "--candidates", 2)
        events = [json.loads(line) for line in made.out.splitlines()]
        record = next(event["done"]["record_id"] for event in events if "done" in event)
        self.colleague("history", "title", record, "--title", title)
        self.colleague("history", "rate", record, 5)
        (self.work / "song.mmp").write_text(SONG.format(""))
        self.colleague("project", "place", "song.mmp", record, "--track", "Lead")
        return record

    def adopt(self, file="song.mmp", *arguments, code=0):
        result = self.ctl("--json", "project", "adopt", file, *arguments)
        self.assertEqual(result.code, code, result.err + result.out)
        return result.json

    def outcomes(self, *arguments, code=0):
        return [one["outcome"] for one in self.adopt(*arguments, code=code)["records"]]

    def shown(self, record):
        return self.succeeds("--json", "history", "show", record).json

    def song_of(self, record, content, name="song"):
        """A song whose list names a recipe with these bytes."""
        digest = hashlib.sha256(content).hexdigest()
        folder = self.work / f"{name}.continuo"
        folder.mkdir(exist_ok=True)
        (folder / f"{digest}.json.zst").write_bytes(frame(content))
        clip = f'<generated schema="1"><clip track="Lead" bar="1" record="{record}" recipe="{digest}"/></generated>'
        (self.work / f"{name}.mmp").write_text(SONG.format(
            f'<effect name="continuofx" on="0"><continuofxcontrols schema="1" model="">{clip}</continuofxcontrols></effect>'))
        return folder / f"{digest}.json.zst"

    def refused(self, record, content):
        """Why a recipe with these bytes is not taken."""
        self.song_of(record, content)
        before = self.succeeds("--json", "history", "list", "--limit", 1000).json
        one, = self.adopt(code=FAILED)["records"]
        self.assertEqual(one["outcome"], "refused")
        self.assertEqual(self.succeeds("--json", "history", "list", "--limit", 1000).json, before)
        return one["why"]

    def test_a_colleagues_pieces_are_found_made_again_and_varied(self):
        record = self.made_elsewhere(7)
        self.refuses(REFUSED, [record], "history", "show", record)
        self.assertEqual(self.outcomes("song.mmp", "--dry-run"), ["adopted"])
        self.refuses(REFUSED, [record], "history", "show", record)
        result = self.adopt()
        self.assertEqual([(one["record"], one["outcome"], one["why"]) for one in result["records"]],
                         [(record, "adopted", None)])
        self.assertEqual(result["missing_models"], [])
        theirs = json.loads(self.colleague("--json", "history", "show", record).out)
        self.assertEqual(theirs["rating"], 5)
        for mark in ("rating", "rated_candidate", "starred"):
            theirs[mark] = self.shown(record)[mark]
        self.assertEqual(self.shown(record), theirs)
        self.assertEqual(self.shown(record)["rating"], 0)
        found = self.succeeds("--json", "history", "search", "etude afar").json["records"]
        self.assertEqual([one["id"] for one in found], [record])
        self.assertIn("every byte", self.succeeds("history", "regenerate", record).out)
        events = self.succeeds("--json", "history", "vary", record, "--seed", 3).out.splitlines()
        child = next(event["done"]["record_id"] for event in map(json.loads, events) if "done" in event)
        self.assertEqual(self.shown(child)["parents"], [record])

    def test_twice_is_once_and_marks_of_ones_own_stay(self):
        record = self.made_elsewhere(8)
        self.adopt()
        self.succeeds("history", "rate", record, 3)
        self.colleague("history", "rate", record, 1)
        self.colleague("project", "place", "song.mmp", record, "--bar", 9)
        # Of one record there are two recipes now, as its rating has changed.
        self.assertEqual(len(list((self.work / "song.continuo").iterdir())), 2)
        self.assertEqual(self.outcomes(), ["present", "present"])
        self.assertEqual(self.shown(record)["rating"], 3)
        self.assertIn("2 were there already", self.succeeds("project", "adopt", "song.mmp").out)

    def test_out_of_a_bundle(self):
        record = self.made_elsewhere(9)
        self.colleague("project", "bundle", "song.mmp", "--models")
        shutil.rmtree(self.work / "song.continuo")
        for file in self.work.glob("song.mmp*"):
            file.unlink()
        self.assertEqual(self.outcomes("song.zip"), ["adopted"])
        self.assertEqual(self.outcomes("song.zip"), ["present"])
        self.assertIn("every byte", self.succeeds("history", "regenerate", record).out)
        self.assertEqual(os.listdir(self.work), ["song.zip"])

    def test_out_of_a_bundle_that_was_packed_again_under_another_name(self):
        record = self.made_elsewhere(21)
        with zipfile.ZipFile(self.work / "again.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.write(self.work / "song.mmp", "Übung/Übung.mmp")
            for file in (self.work / "song.continuo").iterdir():
                bundle.write(file, f"Übung/Übung.continuo/{file.name}")
        self.assertEqual([(one["record"], one["outcome"]) for one in self.adopt("again.zip")["records"]],
                         [(record, "adopted")])

    def test_a_model_that_is_missing_is_named(self):
        record = self.made_elsewhere(10, model="elsewhere")
        self.assertEqual(self.adopt()["missing_models"], ["elsewhere@1.0.0"])
        self.assertIn("elsewhere@1.0.0 is not installed", self.succeeds("project", "adopt", "song.mmp").out)
        self.succeeds("history", "show", record)
        again = self.ctl("history", "regenerate", record)
        self.assertEqual(again.code, FAILED)
        self.assertIn("elsewhere", again.out)

    def test_a_recipe_that_is_not_what_its_name_says_is_refused(self):
        record = self.made_elsewhere(11)
        file, = (self.work / "song.continuo").iterdir()
        file.write_bytes(frame(b'{"id": "r0000000000000001"}'))
        one, = self.adopt(code=FAILED)["records"]
        self.assertEqual(one["outcome"], "refused")
        self.assertIn("not what its name says", one["why"])
        file.unlink()
        self.assertEqual(self.outcomes(code=FAILED), ["refused"])
        self.refuses(REFUSED, [record], "history", "show", record)

    def test_another_record_with_the_id_of_one_that_is_here_is_refused(self):
        record = self.made_elsewhere(12)
        self.adopt()
        before = self.shown(record)
        forged = json.loads(json.dumps(before))
        forged["candidates"][0]["midi"] = forged["candidates"][1]["midi"]
        self.assertIn("another one has this id", self.refused(record, json.dumps(forged).encode()))
        self.assertEqual(self.shown(record), before)

    def test_what_cannot_be_a_record_is_refused_with_its_field(self):
        record = self.made_elsewhere(13)
        whole = json.loads(self.colleague("--json", "history", "show", record).out)

        def with_(**fields):
            return json.dumps({**whole, **fields}).encode()

        for content, word in ((b"", "no record"), (b"{}", "the song says"), (with_(mood="blue"), "mood"),
                              (with_(license="\x1b[2J"), "license has a control character"),
                              (with_(id="r000000000000beef"), f"the song says that it is {record}"),
                              (with_(candidates=[]), "candidates is empty"),
                              (with_(candidates=[{**whole["candidates"][0], "midi": "bm8gbm90ZXM="}]), "midi"),
                              (with_(plan={**whole["plan"], "weights_sha256": "../.."}), "weights_sha256"),
                              (with_(parents=[record]), "parents"),
                              (with_(created_unix_ms=1 << 60), "created_unix_ms"),
                              (with_(comment="x" * (5 << 20)), "bytes")):
            with self.subTest(word):
                self.assertIn(word, self.refused(record, content))
        # As it is, it is taken.
        self.song_of(record, with_())
        self.assertEqual(self.outcomes(), ["adopted"])

    def test_a_file_that_is_neither_song_nor_bundle_is_refused(self):
        with zipfile.ZipFile(self.work / "empty.zip", "w") as bundle:
            bundle.writestr("a/readme.txt", "no song")
        with zipfile.ZipFile(self.work / "two.zip", "w") as bundle:
            for name in ("a/a.mmp", "a/b.mmp"):
                bundle.writestr(name, SONG.format(""))
        (self.work / "cut.zip").write_bytes((self.work / "two.zip").read_bytes()[:60])
        (self.work / "text.mmp").write_text("words")
        for name, word in (("empty.zip", "no song"), ("two.zip", "more than one song"), ("cut.zip", "cut.zip"),
                           ("text.mmp", "text.mmp"), ("nothing.mmp", "nothing.mmp")):
            with self.subTest(name):
                self.refuses(BAD_INPUT, [word], "project", "adopt", name)

    def test_a_song_without_recipes_has_none_to_take(self):
        (self.work / "song.mmp").write_text(SONG.format(""))
        self.assertEqual(self.adopt()["records"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
