# SPDX-License-Identifier: Apache-2.0
"""continuoctl project: songs of LMMS that need models, beside a daemon that has some."""

import json
import os
import pathlib
import signal
import subprocess
import unittest
import xml.etree.ElementTree as xml
import zipfile
import zlib

from ctl_harness import BAD_INPUT, BAD_OUTPUT, CTL, FAILED, WATCHDOG_S, CtlTest, run_ctl, wait_until


def song(*effects):
    """Each effect is its attributes, or those and the XML inside it."""
    inner = "".join(
        '<effect name="continuofx" on="1" wet="1"><continuofxcontrols %s>%s</continuofxcontrols><key/></effect>\n'
        % ((effect, "") if isinstance(effect, str) else effect)
        for effect in effects)
    return ('<?xml version="1.0"?>\n<lmms-project type="song" version="1.0" creator="LMMS" creatorversion="1.2.2">\n'
            '<head bpm="120"/>\n<song><trackcontainer/><fxmixer><fxchannel num="1" name="Guitar"><fxchain>\n'
            + inner + "</fxchain></fxchannel></fxmixer></song>\n</lmms-project>\n")


class ProjectTest(CtlTest):
    def write(self, *effects):
        (self.work / "song.mmp").write_text(song(*effects))
        return "song.mmp"

    def test_a_clip_placed_as_sound_is_shown_and_its_file_missed(self):
        digest = "5" * 64
        name = self.write(('schema="1" model=""', '<generated schema="1"><clip track="Sounds" bar="5" model="melody" '
                           f'sound="{digest}"/></generated>'))
        path = self.work / name
        path.write_text(path.read_text().replace(
            "<trackcontainer/>", '<trackcontainer><track type="2" name="Sounds"><sampletco pos="768" len="192" '
            f'src="{self.work}/song.continuo/{digest}.wav"/></track></trackcontainer>'))
        shown, = self.succeeds("--json", "project", "show", name).json["generated"]
        self.assertEqual((shown["track"], shown["sound"]), ("Sounds", digest))
        self.assertRegex(self.succeeds("project", "show", name).out, "Sounds +5 +- +sound")
        found = self.ctl("--json", "project", "check", name)
        self.assertEqual(found.code, FAILED)
        self.assertIn(f"{digest}.wav is not where", str(found.json["findings"]))
        (self.work / "song.continuo").mkdir()
        (self.work / f"song.continuo/{digest}.wav").write_text("RIFF")
        found = self.succeeds("--json", "project", "check", name)
        self.assertNotIn(digest, str(found.json["findings"]))

    def test_effects_are_shown(self):
        name = self.write('schema="1" model="drive" model_version="" mode="auto" p_drive="9"')
        shown = self.succeeds("--json", "project", "show", name).json
        self.assertEqual(shown["creator"], "LMMS 1.2.2")
        self.assertEqual(shown["effects"][0]["model"], "drive")
        self.assertEqual(shown["effects"][0]["parameters"], [{"id": "drive", "value": 9.0, "automated": False}])
        text = self.succeeds("project", "show", name).out
        for word in ("FX 1 Guitar", "drive=9", "1 Continuo effects"):
            self.assertIn(word, text)

    LINKED = ('schema="1" model="opto" send_key="kick" link="drums"',
              ('schema="1" model="opto" take_key="kick" link="drums" side="B" p_reduction="10"',
               '\n<other_side model="tube" model_version="" mode="direct" p_gain="0.5"/>\n'))

    def test_links_keys_and_the_other_side_are_shown(self):
        name = self.write(*self.LINKED)
        kick, pad = self.succeeds("--json", "project", "show", name).json["effects"]
        self.assertEqual((kick["link"], kick["send_key"], kick["take_key"]), ("drums", "kick", ""))
        self.assertEqual((kick["side"], kick["other_side"]), ("A", None))
        self.assertEqual((pad["link"], pad["send_key"], pad["take_key"]), ("drums", "", "kick"))
        self.assertEqual(pad["side"], "B")
        other = pad["other_side"]
        self.assertEqual((other["line"], other["model"], other["mode"]), (7, "tube", "direct"))
        self.assertEqual(other["parameters"], [{"id": "gain", "value": 0.5, "automated": False}])
        text = self.succeeds("project", "show", name).out
        for word in ("drums", "sends kick", "takes kick", "FX 1 Guitar, side A", "gain=0.5"):
            self.assertIn(word, text)

    def test_a_song_with_links_keys_and_another_side_is_good(self):
        name = self.write(*self.LINKED)
        self.assertEqual(self.succeeds("--json", "project", "check", name).json["findings"], [])

    def test_what_is_wrong_on_the_other_side_is_a_problem(self):
        sides = ('<other_side model="nonesuch"/>', '<other_side model="drive" model_version="0.0.1"/>',
                 '<other_side model="drive" p_drive="1000" p_nothing="1"/>')
        name = self.write(*(('schema="1" model="drive"', side) for side in sides))
        result = self.ctl("--json", "project", "check", name)
        self.assertEqual(result.code, FAILED)
        found = [(one["line"], one["place"], one["severity"]) for one in result.json["findings"]]
        self.assertEqual(found, [(line, "FX 1 Guitar, side B", "problem") for line in (5, 6, 7, 7)])
        text = "".join(one["what"] for one in result.json["findings"])
        for word in ("'nonesuch' is not installed", "drive@0.0.1 is not installed, but version", "'drive' is 1000",
                     "'nothing' is none of drive"):
            self.assertIn(word, text)

    def test_a_key_that_nobody_sends_is_a_problem(self):
        # What has no model sends as well.
        name = self.write('schema="1" model="opto" take_key="kick"', 'schema="1" model="opto" take_key="snare"',
                          'schema="1" model="opto" take_key="clap"', 'schema="1" model="drive" send_key="snare"',
                          'schema="1" model="" send_key="clap"')
        result = self.ctl("--json", "project", "check", name)
        self.assertEqual(result.code, FAILED)
        problems = [one for one in result.json["findings"] if one["severity"] == "problem"]
        self.assertEqual([one["line"] for one in problems], [5])
        self.assertIn("the key 'kick', which no effect of this song sends", problems[0]["what"])
        without = self.ctl("--socket", self.work / "none.sock", "project", "check", name)
        self.assertEqual(without.code, FAILED)
        for word in ("'kick'", "no daemon answers"):
            self.assertIn(word, without.out)

    def test_two_senders_and_an_odd_one_of_a_group_are_notices(self):
        name = self.write('schema="1" model="opto" send_key="kick" link="drums"',
                          'schema="1" model="opto" send_key="kick" link="drums"', 'schema="1" model="tube" link="drums"')
        found = self.succeeds("--json", "project", "check", name).json["findings"]
        self.assertEqual([(one["line"], one["severity"]) for one in found], [(6, "notice"), (7, "notice")])
        self.assertIn("sends the key 'kick' as FX 1 Guitar does", found[0]["what"])
        self.assertIn("the only 'tube' in the link group 'drums'", found[1]["what"])

    def test_a_song_that_has_all_it_needs_is_good(self):
        name = self.write('schema="1" model="drive" p_drive="9"', 'schema="1" model="tube"')
        before = (self.work / name).read_bytes()
        self.assertIn("2 Continuo effects and 0 generated clips, all as they were", self.succeeds("project", "check", name).out)
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
        self.assertFalse(entries[1]["known"])
        name = self.write(('model="drive"', '<other_side model="tube"/>'), ('model="drive"', '<other_side model=""/>'))
        entries = self.succeeds("--json", "project", "credits", name).json["credits"]
        self.assertEqual([(one["model"], one["known"]) for one in entries], [("drive", True), ("tube", True)])
        self.assertIn("Drive", self.succeeds("project", "credits", name).out)

    def test_a_bundle_has_the_model_of_the_other_side(self):
        name = self.write(('schema="1" model="fake-delay"', '<other_side model="fake-gain"/>'))
        bundle = self.succeeds("--json", "project", "bundle", name, "--models", "--dry-run").json
        self.assertEqual([pathlib.Path(one["name"]).name for one in bundle["members"] if "/models/" in one["name"]],
                         ["fake-delay-1.0.0.continuo", "fake-gain-1.0.0.continuo"])

    def test_a_compressed_song(self):
        text = song('model="drive"').encode()
        (self.work / "song.mmpz").write_bytes(len(text).to_bytes(4, "big") + zlib.compress(text))
        self.assertEqual(len(self.succeeds("--json", "project", "show", "song.mmpz").json["effects"]), 1)

    def test_a_broken_file_is_named_by_line(self):
        (self.work / "broken.mmp").write_text("<lmms-project type='song'>\n<song>\n<track></song>")
        self.refuses(BAD_INPUT, ["broken.mmp", "line 3"], "project", "check", "broken.mmp")
        self.refuses(BAD_INPUT, ["nothing.mmp"], "project", "show", "nothing.mmp")

    def test_a_knob_by_its_former_name_is_a_notice(self):
        name = self.write('schema="1" model="fake-gain" p_volume="2"')
        found = self.succeeds("--json", "project", "check", name).json["findings"]
        self.assertEqual([one["severity"] for one in found], ["notice"])
        self.assertIn("'volume' is called 'gain' now", found[0]["what"])


class UpgradeTest(CtlTest):
    OLD = song('model="fake-gain" p_volume="2"', 'schema="1" model="drive" mode="auto" p_drive="9"')

    def setUp(self):
        super().setUp()
        (self.work / "song.mmp").write_text(self.OLD)

    def test_an_old_song_is_written_anew_and_kept(self):
        result = self.succeeds("--json", "project", "upgrade", "song.mmp").json
        self.assertEqual([one["what"] for one in result["changes"]],
                         ["schema 0 is 1 now", "knob 'volume' is called 'gain' now"])
        self.assertEqual((self.work / "song.mmp.bak").read_text(), self.OLD)
        first = xml.parse(self.work / "song.mmp").find(".//continuofxcontrols").attrib
        self.assertEqual(first, {"schema": "1", "model": "fake-gain", "p_gain": "2", "mode": "auto",
                                 "channels": "each"})
        self.assertIn("song.mmp: is in today's form", self.succeeds("project", "upgrade", "song.mmp").out)
        self.assertFalse((self.work / "song.mmp.bak-2").exists())

    def test_the_other_side_is_written_anew_too(self):
        (self.work / "song.mmp").write_text(song(('schema="1" model="drive" mode="auto"',
                                                  '\n<other_side model="fake-gain" mode="auto" p_volume="2"/>\n')))
        result = self.succeeds("--json", "project", "upgrade", "song.mmp").json
        self.assertEqual([(one["line"], one["place"], one["what"]) for one in result["changes"]],
                         [(6, "FX 1 Guitar, side B", "knob 'volume' is called 'gain' now")])
        other = xml.parse(self.work / "song.mmp").find(".//other_side").attrib
        self.assertEqual(other, {"model": "fake-gain", "mode": "auto", "p_gain": "2"})

    def test_no_copy_is_lost(self):
        self.succeeds("project", "upgrade", "song.mmp")
        (self.work / "song.mmp").write_text(self.OLD.replace("120", "121"))
        self.succeeds("project", "upgrade", "song.mmp")
        self.assertEqual((self.work / "song.mmp.bak").read_text(), self.OLD)
        self.assertIn("121", (self.work / "song.mmp.bak-2").read_text())

    def test_what_would_change_without_changing(self):
        text = self.succeeds("project", "upgrade", "--dry-run", "song.mmp").out
        self.assertIn("line 5, FX 1 Guitar: schema 0 is 1 now", text)
        self.assertIn("nothing is written", text)
        self.assertEqual([path.name for path in self.work.iterdir()], ["song.mmp"])

    def test_into_another_file(self):
        self.succeeds("project", "upgrade", "song.mmp", "-o", "new.mmp")
        self.assertEqual((self.work / "song.mmp").read_text(), self.OLD)
        self.assertIn("p_gain", (self.work / "new.mmp").read_text())
        self.refuses(BAD_OUTPUT, ["new.mmp", "--force"], "project", "upgrade", "song.mmp", "-o", "new.mmp")

    def test_a_broken_song_stays_as_it_is(self):
        broken = self.OLD.replace("</song>", "")
        (self.work / "song.mmp").write_text(broken)
        self.refuses(BAD_INPUT, ["song.mmp", "line"], "project", "upgrade", "song.mmp")
        self.assertEqual((self.work / "song.mmp").read_text(), broken)
        self.assertEqual([path.name for path in self.work.iterdir()], ["song.mmp"])


class PlaceTest(CtlTest):
    """Notes of a model of the tests, in a song."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = run_ctl(cls.home, "--json", "generate", "melody", "--model", "fake-notes", "--bars", 2, "--seed", 7)
        events = [json.loads(line) for line in made.out.splitlines()]
        cls.record = next(event["done"]["record_id"] for event in events if "done" in event)

    def setUp(self):
        super().setUp()
        (self.work / "song.mmp").write_text(song())

    def place(self, *arguments):
        return self.succeeds("--json", "project", "place", "song.mmp", self.record, *arguments).json

    def test_notes_come_to_their_bar_with_their_recipe(self):
        result = self.place("--bar", 3, "--track", "Lead", "-o", "placed.mmp")
        tree = xml.parse(self.work / "placed.mmp")
        pattern = tree.find(".//track[@name='Lead']/pattern")
        self.assertEqual(pattern.get("pos"), str(2 * 192))
        self.assertGreater(len(pattern.findall("note")), 0)
        carrier = tree.find(".//fxchannel[@num='0']//effect")
        self.assertEqual((carrier.get("name"), carrier.get("on")), ("continuofx", "0"))
        shown = self.succeeds("--json", "project", "show", "placed.mmp").json["generated"]
        self.assertEqual(len(shown), 1)
        for key, value in {"track": "Lead", "bar": 3, "bars": 2, "task": "melody", "model": "fake-notes",
                           "seed": 7, "record": self.record, "recipe_is_there": True}.items():
            self.assertEqual(shown[0][key], value, key)
        self.assertTrue(pathlib.Path(self.work / result["recipe"]).exists())
        self.succeeds("project", "check", "placed.mmp")

    def test_a_second_one_joins_the_track_and_the_list(self):
        self.place("--track", "Lead", "-o", "one.mmp")
        before = set((self.work / "one.continuo").iterdir())
        self.succeeds("project", "place", "one.mmp", self.record, "--bar", 5, "--track", "Lead")
        tree = xml.parse(self.work / "one.mmp")
        self.assertEqual(len(tree.findall(".//track")), 1)
        self.assertEqual(len(tree.findall(".//track/pattern")), 2)
        self.assertEqual(len(tree.findall(".//effect")), 1)
        self.assertEqual(len(self.succeeds("--json", "project", "show", "one.mmp").json["generated"]), 2)
        self.assertEqual(set((self.work / "one.continuo").iterdir()), before)
        self.assertTrue((self.work / "one.mmp.bak").exists())

    def test_a_lost_recipe_is_a_problem(self):
        result = self.place("-o", "lost.mmp")
        (self.work / result["recipe"]).unlink()
        found = self.ctl("--json", "project", "check", "lost.mmp")
        self.assertEqual(found.code, FAILED)
        self.assertIn("recipe cannot be had", found.json["findings"][0]["what"])
        self.assertIn("missing", self.succeeds("project", "show", "lost.mmp").out)

    def test_a_bundle_has_all_of_it(self):
        self.place("-o", "mine.mmp")
        self.succeeds("project", "bundle", "mine.mmp", "--models")
        with zipfile.ZipFile(self.work / "mine.zip") as bundle:
            self.assertIsNone(bundle.testzip())
            names = bundle.namelist()
            self.assertEqual(bundle.read("mine/mine.mmp"), (self.work / "mine.mmp").read_bytes())
            self.assertIn("Fake notes", bundle.read("mine/CREDITS.txt").decode())
            self.assertIn("mine/models/fake-notes-1.0.0.continuo", names)
            recipes = [name for name in names if name.startswith("mine/mine.continuo/")]
            self.assertEqual(len(recipes), 1)
            bundle.extractall(self.work / "elsewhere")
        self.succeeds("project", "check", "elsewhere/mine/mine.mmp")
        self.refuses(BAD_OUTPUT, ["mine.zip", "--force"], "project", "bundle", "mine.mmp")

    def test_a_bundle_says_what_it_lacks(self):
        result = self.place("-o", "part.mmp")
        (self.work / result["recipe"]).unlink()
        bundle = self.ctl("--json", "project", "bundle", "part.mmp", "--dry-run")
        self.assertEqual(bundle.code, FAILED)
        self.assertEqual(len(bundle.json["missing"]), 1)
        self.assertIsNone(bundle.json["bundle"])
        self.assertFalse((self.work / "part.zip").exists())

    def test_what_cannot_be_placed_leaves_the_song(self):
        before = (self.work / "song.mmp").read_bytes()
        self.refuses(BAD_INPUT, ["bar 0"], "project", "place", "song.mmp", self.record, "--bar", 0)
        self.assertNotEqual(self.ctl("project", "place", "song.mmp", "r00000").code, 0)
        self.assertEqual((self.work / "song.mmp").read_bytes(), before)
        self.assertFalse((self.work / "song.continuo").exists())


class SamplesTest(CtlTest):
    """Bundles of a song that uses sounds of the user's, of LMMS's, and some that are gone."""

    def setUp(self):
        super().setUp()
        self.lmms = self.work / "Documents/lmms"
        own = self.work / "data"
        self.here = {"HOME": str(self.work), "LMMS_DATA_DIR": str(own), "TMPDIR": str(self.work)}
        for path in (own / "samples/drums/kick.ogg", self.lmms / "samples/mine/kick.ogg", self.work / "other/KICK.ogg",
                     self.work / "fonts/piano.sf2", self.work / "key.pem"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(path))

    def write(self, *sources, soundfont=""):
        clips = "".join(f'<sampletco src="{source}" pos="0" len="192"/>\n' for source in sources)
        text = ('<?xml version="1.0"?>\n<lmms-project type="song" version="1.0"><head/><song><trackcontainer>\n'
                f'<track type="2"><sampletrack/>{clips}</track><track type="0"><instrumenttrack>'
                f'<sf2player src="{soundfont}"/></instrumenttrack></track></trackcontainer></song></lmms-project>\n')
        (self.work / "song.mmp").write_text(text)

    def bundle(self, *arguments, code=0):
        result = self.ctl("--json", "project", "bundle", "song.mmp", "--force", *arguments, environment=self.here)
        self.assertEqual(result.code, code, result.err + result.out)
        return result.json

    def names_in(self, bundle):
        return [clip.get("src") for clip in xml.fromstring(bundle.read("song/song.mmp")).iter("sampletco")]

    def test_the_users_sounds_go_along_and_lmmss_do_not(self):
        other = self.work / "other/KICK.ogg"
        self.write("mine/kick.ogg", "drums/kick.ogg", other, "mine/kick.ogg")
        self.assertEqual(self.bundle()["left_out"], [])
        with zipfile.ZipFile(self.work / "song.zip") as bundle:
            self.assertEqual(self.names_in(bundle), ["../projects/song/samples/kick.ogg", "drums/kick.ogg",
                                                     "../projects/song/samples/KICK-2.ogg",
                                                     "../projects/song/samples/kick.ogg"])
            self.assertEqual(bundle.read("song/samples/kick.ogg").decode(), str(self.lmms / "samples/mine/kick.ogg"))
            self.assertEqual(bundle.read("song/samples/KICK-2.ogg").decode(), str(other))
            self.assertIn("projects", bundle.read("song/README.txt").decode())
            self.assertEqual(len(bundle.namelist()), 5)
            bundle.extractall(self.lmms / "projects")
        # Bundled again from where it was unpacked, it is the same.
        again = self.ctl("project", "bundle", self.lmms / "projects/song/song.mmp", "-o", "again.zip", environment=self.here)
        self.assertEqual(again.code, 0, again.err)
        with zipfile.ZipFile(self.work / "song.zip") as one, zipfile.ZipFile(self.work / "again.zip") as two:
            self.assertEqual({name: one.read(name) for name in one.namelist()},
                             {name: two.read(name) for name in two.namelist()})

    def test_a_song_that_uses_lmmss_own_alone_stays_as_it_is(self):
        self.write("drums/kick.ogg")
        self.bundle()
        with zipfile.ZipFile(self.work / "song.zip") as bundle:
            self.assertEqual(bundle.read("song/song.mmp"), (self.work / "song.mmp").read_bytes())
            self.assertEqual(bundle.namelist(), ["song/song.mmp", "song/CREDITS.txt"])

    def test_what_is_gone_is_named(self):
        self.write("mine/kick.ogg", "gone.wav", "/gone/too.wav", "gone.wav")
        missing = self.bundle(code=FAILED)["missing"]
        self.assertEqual(missing, ["line 4: the sample gone.wav: there is no such file",
                                   "line 5: the sample /gone/too.wav: there is no such file"])
        with zipfile.ZipFile(self.work / "song.zip") as bundle:
            self.assertEqual(self.names_in(bundle)[1:], ["gone.wav", "/gone/too.wav", "gone.wav"])
            self.assertIn("song/samples/kick.ogg", bundle.namelist())
        (self.work / "song.zip").unlink()
        self.refuses(FAILED, ["gone.wav", "/gone/too.wav", "--strict"], "project", "bundle", "song.mmp", "--strict",
                     environment=self.here)

    def test_a_soundfont_goes_along_where_it_is_asked_for(self):
        font = self.work / "fonts/piano.sf2"
        self.write(soundfont=font)
        self.assertIn("--soundfonts", self.bundle()["left_out"][0])
        self.assertEqual(self.bundle("--soundfonts")["left_out"], [])
        with zipfile.ZipFile(self.work / "song.zip") as bundle:
            self.assertEqual(bundle.read("song/samples/piano.sf2").decode(), str(font))

    def test_no_samples_where_none_are_wanted(self):
        self.write("mine/kick.ogg", "gone.wav")
        self.assertEqual([one["name"] for one in self.bundle("--no-samples")["members"]],
                         ["song/song.mmp", "song/CREDITS.txt"])

    def test_a_song_cannot_have_a_file_handed_on_that_is_no_sound(self):
        self.write(self.work / "key.pem", "../../../key.pem")
        result = self.bundle()
        self.assertEqual(len(result["left_out"]), 2)
        self.assertIn("key.pem", result["left_out"][0])
        self.assertEqual(len(result["members"]), 2)

    def start_long(self):
        """A bundle that is being written, with a package in it; what was in the folder before."""
        large = self.work / "large.wav"
        with open(large, "wb") as file:
            file.truncate(64 << 30)  # takes no room, and minutes to pack
        self.write(large)
        effect = song('model="fake-gain"')
        effect = effect[effect.index("<fxmixer>"):effect.index("</song>")]
        text = (self.work / "song.mmp").read_text()
        (self.work / "song.mmp").write_text(text.replace("</song>", effect + "</song>"))
        (self.work / "song.zip").write_text("before")
        before = sorted(os.listdir(self.work))
        process = subprocess.Popen([CTL, "--no-autostart", "project", "bundle", "song.mmp", "--models", "--force"],
                                   env={**self.home.environment, **self.here}, cwd=self.work,
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        # Its draft, and the packages that go into it.
        wait_until("it is being written", lambda: any(
            path.stat().st_size > 0 for path in self.work.glob(".song.zip.*")))
        self.assertEqual(len(list(self.work.glob("continuo-bundle-*/fake-gain-1.0.0.continuo"))), 1)
        return process, before

    def test_one_that_is_interrupted_leaves_nothing_and_the_one_before_stays(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process, before = self.start_long()
            process.send_signal(number)
            self.assertEqual(process.wait(WATCHDOG_S), -number)
            self.assertEqual(sorted(os.listdir(self.work)), before)
            self.assertEqual((self.work / "song.zip").read_text(), "before")

    def test_one_that_goes_on_without_its_terminal_does(self):
        """As nohup starts it: SIGHUP, which would come first of the two, does not end it."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        process, _ = self.start_long()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WATCHDOG_S), -signal.SIGTERM)


if __name__ == "__main__":
    unittest.main(verbosity=2)
