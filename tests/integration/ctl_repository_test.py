# SPDX-License-Identifier: Apache-2.0
"""`continuoctl repo`, and `models search`, `install` and `update` from repositories: a real
daemon, a real https server on this machine, and what can go wrong between them."""

import base64
import hashlib
import json
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

import repository_server
from ctl_harness import (BAD_INPUT, BAD_OUTPUT, CTL, FAILED, MODELS, REFUSED, WATCHDOG_S, CtlTest,
                         run_ctl, wait_until)
from repository_server import Certificates, Server

ARCHIVE = "big-1.0.0.continuo"
SIZE = 300_000


def flip(body):
    """The same length, one bit another."""
    return body[:1000] + bytes([body[1000] ^ 1]) + body[1001:]


class RepositoryTest(CtlTest):
    """A publisher's folder and key; a daemon that trusts it. Each test publishes anew."""

    @classmethod
    def configure(cls):
        # A proxy of the machine's is not to see these.
        cls.home.environment.update(no_proxy="127.0.0.1", NO_PROXY="127.0.0.1")
        cls.packages = cls.home.path / "packages"
        cls.key = cls.home.path / "key"
        cls.public_key = run_ctl(cls.home, "--json", "repo", "keygen", cls.key).json["public_key"]
        cls.out = cls.home.path / "out"
        cls.package("big", "1.0.0", size=SIZE)
        cls.package("small", "1.0.0", license="MIT", summary="A bright little choir")
        cls.certificates = Certificates(cls.home.path / "certificates")
        cls.servers = {}
        path = cls.home.path / "config_home" / "continuo" / "continuod.toml"
        path.write_text("".join(
            '[[repository]]\nname = "%s"\nurl = "%s"\nkey = "%s"\nca_file = "%s"\n'
            % (name, url, cls.public_key, "" if name == "stranger" else cls.certificates.authority)
            for name, url in cls.sources()))
        cls.store = pathlib.Path(cls.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"
        cls.state = pathlib.Path(cls.home.environment["XDG_STATE_HOME"]) / "continuo" / "repository"

    @classmethod
    def serve(cls, name, certificate="good"):
        cls.servers[name] = Server(cls.out, getattr(cls.certificates, certificate))
        return cls.servers[name].url

    @classmethod
    def tearDownClass(cls):
        for server in getattr(cls, "servers", {}).values():
            server.close()
        super().tearDownClass()

    @classmethod
    def package(cls, model, version, size=100, **fields):
        directory = cls.packages / model / version
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        manifest = json.loads((pathlib.Path(MODELS) / "fake-gain" / "model.json").read_text())
        weights = b"fake\n" + random.Random(model + version).randbytes(size - 5)
        (directory / "weights.txt").write_bytes(weights)
        (directory / "LICENSE").write_text("Do what you like.\n")
        manifest.update(id=model, version=version, name=model.capitalize(), **fields)
        manifest["files"] = [{"path": "weights.txt", "size_bytes": size,
                              "sha256": hashlib.sha256(weights).hexdigest()}]
        (directory / "model.json").write_text(json.dumps(manifest))
        return directory

    def build(self, *arguments, environment=None, out=None):
        return self.succeeds("--json", "repo", "build", self.packages, "-o", out or self.out,
                             "--key", self.key, "--name", "test", *arguments,
                             environment=environment).json

    def setUp(self):
        super().setUp()
        for server in self.servers.values():
            server.faults.clear()
            server.asked.clear()
        self.addCleanup(self.check_nothing_is_left)

    def left(self):
        """What an installation may have left behind."""
        hidden = [p for p in self.store.iterdir() if p.name.startswith(".")]
        return hidden + [p for p in self.state.glob("*") if p.suffix != ".index"]

    def check_nothing_is_left(self):
        wait_until("nothing is left of installations", lambda: not self.left())
        for path in self.store.iterdir():
            if path.is_dir():
                self.succeeds("models", "remove", path.name)

    def installed(self):
        return sorted("%s/%s" % (p.parent.name, p.name) for p in self.store.glob("*/*"))


class Faults(RepositoryTest):
    """Of the server, or of somebody between it and us."""

    @classmethod
    def sources(cls):
        cls.serve("mirror")
        return [("main", cls.serve("main"))]

    def setUp(self):
        super().setUp()
        self.main, self.mirror = self.servers["main"], self.servers["mirror"]

    def publish(self, *arguments):
        index = self.build(*arguments)
        self.succeeds("repo", "refresh")
        return index

    def refused(self, words, code=REFUSED):
        """An installation of `big` is, and nothing of it stays."""
        word = self.refuses(code, words, "models", "install", "big")
        self.assertEqual(self.installed(), [])
        self.assertEqual(self.left(), [])
        return word

    def test_a_model_is_found_installed_used_and_there_already(self):
        self.publish()
        found = self.succeeds("models", "search", "--json").json
        self.assertEqual([m["entry"]["id"] for m in found["models"]], ["big", "small"])
        self.assertEqual(found["models"][0]["source"], "main")
        self.assertIn("choir", self.succeeds("models", "search", "--json", "choir").out)
        self.assertEqual(self.succeeds("models", "search", "guitar").out, "no model fits\n")
        result = self.succeeds("models", "install", "big", "--json").json
        self.assertEqual(result["path"], str(self.store / "big" / "1.0.0"))
        self.assertEqual(self.installed(), ["big/1.0.0"])
        self.assertEqual((self.store / "big/1.0.0/weights.txt").read_bytes(),
                         (self.packages / "big/1.0.0/weights.txt").read_bytes())
        self.assertTrue((self.store / "big/1.0.0/LICENSE").is_file())
        self.succeeds("models", "load", "big")
        again = self.succeeds("models", "install", "big@1.0.0", "--json").json
        self.assertTrue(again["already_installed"])
        self.assertEqual(self.succeeds("models", "search", "big", "--json")
                         .json["models"][0]["installed_version"], "1.0.0")

    def test_search_narrows(self):
        self.publish("--beta", "small")
        ids = lambda *a: [m["entry"]["id"] for m in
                          self.succeeds("models", "search", "--json", *a).json["models"]]
        self.assertEqual(ids(), ["big"])
        self.assertEqual(ids("--channel", "beta"), ["big", "small"])
        self.assertEqual(ids("--channel", "beta", "--license", "mit"), ["small"])
        self.assertEqual(ids("--channel", "beta", "--max-size", "50KB"), ["small"])
        self.assertEqual(ids("--task", "notes"), [])
        self.refuses(REFUSED, ["small", "beta"], "models", "install", "small")
        self.succeeds("models", "install", "small", "--channel", "beta")

    def test_a_connection_that_is_cut_is_taken_up_where_it_stopped(self):
        self.publish()
        size = (self.out / ARCHIVE).stat().st_size
        self.main.faults[ARCHIVE] = repository_server.cut(2)
        self.succeeds("models", "install", "big")
        ranges = [(r, i) for path, r, i in self.main.asked if path == ARCHIVE]
        self.assertEqual(len(ranges), 3)
        self.assertEqual(ranges[0], (None, None))
        for wanted, if_range in ranges[1:]:
            self.assertGreater(int(wanted[len("bytes="):-1]), size // 4)
            self.assertEqual(if_range, '"one"')
        self.assertEqual(self.installed(), ["big/1.0.0"])

    def test_a_server_that_cannot_go_on_is_asked_for_all_again(self):
        self.publish()
        once = repository_server.cut(1)
        self.main.faults[ARCHIVE] = lambda handler, body: (
            once(handler, body) or repository_server.gives(lambda b: b)(handler, body))
        self.succeeds("models", "install", "big")
        self.assertEqual(self.installed(), ["big/1.0.0"])

    def test_a_part_stays_when_the_server_is_gone_and_the_next_attempt_goes_on(self):
        self.publish()
        half = repository_server.cut(1)
        self.main.faults[ARCHIVE] = lambda handler, body: (
            half(handler, body) or repository_server.code(503)(handler, body))
        self.assertEqual(self.refuses(FAILED, ["503", ARCHIVE], "models", "install", "big"),
                         "source_unavailable")
        self.assertEqual(self.installed(), [])
        self.assertEqual([p.suffix for p in self.left()], [".part"])
        self.main.faults.clear()
        self.main.asked.clear()
        self.succeeds("models", "install", "big")
        wanted, = [r for path, r, _ in self.main.asked if path == ARCHIVE]
        self.assertGreater(int(wanted[len("bytes="):-1]), 1000)

    def test_a_length_that_is_another_is_refused(self):
        self.publish()
        size = (self.out / ARCHIVE).stat().st_size
        for change in (lambda b: b + b"x", lambda b: b[:-1]):
            self.main.faults[ARCHIVE] = repository_server.gives(change)
            word = self.refused([ARCHIVE, "bytes, and should have %d" % size])
            self.assertEqual(word, "data_loss")
            self.main.faults[ARCHIVE] = repository_server.without_length(change)
            self.assertEqual(self.refused([ARCHIVE, str(size)]), "data_loss")

    def test_another_content_is_refused_with_both_digests(self):
        self.publish()
        digest = hashlib.sha256((self.out / ARCHIVE).read_bytes()).hexdigest()
        self.main.faults[ARCHIVE] = repository_server.gives(flip)
        self.assertEqual(self.refused([ARCHIVE, "SHA-256", digest]), "data_loss")

    def test_a_mirror_is_asked_where_the_first_place_fails(self):
        self.publish("--mirror", self.mirror.url)
        for fault, words in ((repository_server.code(404), "answers 404"),
                             (repository_server.code(500), "answers 500"),
                             (repository_server.gives(flip), "SHA-256"),
                             (repository_server.gives(lambda b: b + b"x"), "should have"),
                             (repository_server.cut(100, 0), ARCHIVE)):
            with self.subTest(words):
                self.main.faults[ARCHIVE] = fault
                self.mirror.asked.clear()
                result = self.succeeds("models", "install", "big", "--json").json
                remark, = result["remarks"]
                self.assertIn(words, remark)
                self.assertEqual([path for path, *_ in self.mirror.asked], [ARCHIVE])
                self.succeeds("models", "remove", "big")

    def test_a_part_of_a_liar_does_not_spoil_an_honest_mirror(self):
        self.publish("--mirror", self.mirror.url)
        lie = repository_server.cut(1)
        self.main.faults[ARCHIVE] = lambda handler, body: (
            lie(handler, flip(body)) or repository_server.code(503)(handler, body))
        self.succeeds("models", "install", "big")
        self.assertEqual([r is None for path, r, _ in self.mirror.asked], [False, True])

    def test_of_all_places_that_fail_each_is_named(self):
        self.publish("--mirror", self.mirror.url)
        self.main.faults[ARCHIVE] = repository_server.code(404)
        self.mirror.faults[ARCHIVE] = repository_server.gives(flip)
        self.refused([self.main.url, "404", self.mirror.url, "SHA-256"])

    def test_a_redirect_leads_to_https_alone(self):
        self.publish()
        self.main.faults[ARCHIVE] = repository_server.leads_to(self.mirror.url + ARCHIVE)
        self.succeeds("models", "install", "big")
        self.succeeds("models", "remove", "big")
        for url in ("http://127.0.0.1/" + ARCHIVE, "file:///etc/passwd", "ftp://127.0.0.1/x"):
            self.main.faults[ARCHIVE] = repository_server.leads_to(url)
            self.refused([ARCHIVE, "not https"])

    def test_a_slow_download_is_cancelled_by_its_client(self):
        self.publish()
        self.main.faults[ARCHIVE] = repository_server.slow
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how):
                process = subprocess.Popen([CTL, "--no-autostart", "models", "install", "big"],
                                           env=self.home.environment, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                wait_until("something is downloaded",
                           lambda: [p for p in self.left() if p.stat().st_size > 0])
                process.send_signal(how)
                process.communicate(timeout=WATCHDOG_S)
                self.assertEqual(process.returncode, -how)
                wait_until("the part is gone", lambda: not self.left())
                self.assertEqual(self.installed(), [])

    def test_an_index_that_is_not_signed_so_is_refused_and_the_old_one_stays(self):
        self.publish()
        serial = self.succeeds("repo", "list", "--json").json["sources"][0]["serial"]
        lie = lambda b: b.replace(b"bright", b"blight")
        self.main.faults["index.json"] = repository_server.gives(lie)
        result = self.ctl("repo", "refresh")
        self.assertEqual(result.code, FAILED)
        self.assertIn("repository 'main': the signature does not fit", result.err)
        self.main.faults.clear()
        for file, fault, words in (("index.json.sig", repository_server.gives(flip_first), "fit"),
                                   ("index.json.sig", repository_server.gives(lambda b: b[:-1]),
                                    "has 63 bytes"),
                                   ("index.json.sig", repository_server.code(404), "answers 404"),
                                   ("index.json", repository_server.code(500), "answers 500"),
                                   ("index.json.sig", repository_server.gives(lambda b: b * 2),
                                    "more than 64 bytes")):
            self.main.faults = {file: fault}
            result = self.ctl("repo", "refresh", "main")
            self.assertEqual(result.code, FAILED)
            self.assertIn(words, result.err)
            source, = self.succeeds("repo", "list", "--json").json["sources"]
            self.assertEqual(source["serial"], serial)
            self.assertIn(words, source["problem"])
        self.assertEqual(self.succeeds("models", "search", "choir", "--json")
                         .json["models"][0]["entry"]["id"], "small")

    def test_an_older_index_is_refused(self):
        self.publish()
        old = {name: (self.out / name).read_bytes() for name in ("index.json", "index.json.sig")}
        self.publish()
        for name, body in old.items():
            self.main.faults[name] = repository_server.gives(lambda _, body=body: body)
        result = self.ctl("repo", "refresh")
        self.assertEqual(result.code, FAILED)
        self.assertIn("an older one is not taken", result.err)

    def test_an_index_that_has_expired_is_refused_with_its_date(self):
        self.build("--expires", "1", environment={"SOURCE_DATE_EPOCH": "1600000000"})
        result = self.ctl("repo", "refresh")
        self.assertEqual(result.code, FAILED)
        self.assertIn("expired on 2020-09-14", result.err)

    def test_updates_are_told_then_made(self):
        self.publish()
        self.succeeds("models", "install", "small")
        self.assertIn("as new as it can be", self.succeeds("models", "update").out)
        self.addCleanup(shutil.rmtree, self.package("small", "1.10.0"))
        self.publish()
        self.assertIn("small 1.0.0 -> 1.10.0",
                      self.succeeds("models", "update", "--dry-run").out)
        self.assertEqual(self.installed(), ["small/1.0.0"])
        updated = self.succeeds("models", "update", "small", "--json").json
        self.assertEqual(updated["installed"][0]["entry"]["version"], "1.10.0")
        self.assertEqual(self.installed(), ["small/1.0.0", "small/1.10.0"])
        self.refuses(REFUSED, ["nosuch"], "models", "update", "nosuch")

    def test_what_no_repository_has_is_said(self):
        self.publish()
        self.refuses(REFUSED, ["no repository has a model 'nosuch'"], "models", "install", "nosuch")
        self.refuses(REFUSED, ["big 9.0.0", "it has 1.0.0"], "models", "install", "big@9.0.0")
        self.refuses(REFUSED, ["'elsewhere'"], "repo", "refresh", "elsewhere")

    def test_a_lie_of_the_publisher_about_a_package_is_refused(self):
        # The index is signed and the archive as it says; what is in it is another model.
        self.publish()
        shutil.copy(self.out / "small-1.0.0.continuo", self.out / ARCHIVE)
        index = json.loads((self.out / "index.json").read_text())
        small = [e for e in index["entries"] if e["id"] == "small"][0]
        for entry in index["entries"]:
            if entry["id"] == "big":
                entry.update(size_bytes=small["size_bytes"], sha256=small["sha256"])
        index["serial"] = str(int(index["serial"]) + 1)
        self.addCleanup(self.sign, (self.out / "index.json").read_text(), index["serial"] + "0")
        self.sign(json.dumps(index))
        self.succeeds("repo", "refresh")
        self.refused(["small", "big"])

    def sign(self, text, serial=None):
        """As `repo build` does, of a text that it would not write."""
        index = json.loads(text)
        index["serial"] = serial or index["serial"]
        secret = base64.b64decode(self.key.read_text().split(":")[1])
        # The PKCS #8 form of an Ed25519 key: RFC 8410.
        der = bytes.fromhex("302e020100300506032b657004220420") + secret[:32]
        (self.work / "key.der").write_bytes(der)
        (self.out / "index.json").write_text(json.dumps(index))
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey",
                        self.work / "key.der", "-in", self.out / "index.json", "-out",
                        self.out / "index.json.sig"], check=True)


def flip_first(body):
    return bytes([body[0] ^ 1]) + body[1:]


class Sources(RepositoryTest):
    """Several of them, some of which are not to be trusted."""

    @classmethod
    def sources(cls):
        return [("expired", cls.serve("expired", "expired")),
                ("misnamed", cls.serve("misnamed", "misnamed")),
                ("stranger", cls.serve("stranger")),  # the system does not know its authority
                ("directory", cls.out),
                ("later", cls.serve("later"))]

    def test_certificates_that_are_not_good_are_refused_and_the_others_go_on(self):
        self.build()
        result = self.ctl("repo", "refresh", "--json")
        self.assertEqual(result.code, FAILED)
        problems = {s["name"]: s["problem"] for s in result.json["sources"]}
        self.assertIn("certificate has expired", problems["expired"])
        self.assertIn("nothing is taken from there", problems["misnamed"])
        self.assertIn("nothing is taken from there", problems["stranger"])
        self.assertEqual((problems["directory"], problems["later"]), ("", ""))
        self.assertEqual(self.servers["expired"].asked, [])
        self.assertEqual(self.servers["misnamed"].asked, [])
        self.assertEqual(self.servers["stranger"].asked, [])
        listed = self.succeeds("repo", "list")
        self.assertIn("certificate has expired", listed.err)

    def test_the_first_that_has_a_model_is_the_one_it_is_taken_from(self):
        self.build()
        self.ctl("repo", "refresh")
        result = self.succeeds("models", "install", "big", "--json").json
        self.assertEqual(result["source"], "directory")
        self.succeeds("models", "remove", "big")
        result = self.succeeds("models", "install", "big", "--source", "later", "--json").json
        self.assertEqual(result["source"], "later")


class Publisher(RepositoryTest):
    """`repo keygen` and `build`."""

    @classmethod
    def sources(cls):
        return []

    def test_the_same_packages_give_the_same_bytes(self):
        trees = []
        for name in ("one", "two"):
            out = self.work / name
            self.build("--beta", "small@1.0.0", out=out,
                       environment={"SOURCE_DATE_EPOCH": "1700000000"})
            trees.append({p.name: p.read_bytes() for p in out.iterdir()})
            time.sleep(1.1)
        self.assertEqual(sorted(trees[0]), ["big-1.0.0.continuo", "index.json", "index.json.sig",
                                            "small-1.0.0.continuo"])
        self.assertEqual(trees[0], trees[1])

    def test_the_serial_rises_and_a_version_keeps_its_content(self):
        out = self.work / "out"
        self.assertEqual(self.build(out=out)["serial"], 1)
        self.assertEqual(self.build(out=out)["serial"], 2)
        self.assertEqual(self.build("--serial", "7", out=out)["serial"], 7)
        build = ("repo", "build", self.packages, "-o", out, "--key", self.key)
        before = {p.name: p.read_bytes() for p in out.iterdir()}
        self.refuses(FAILED, ["serial 6, and 7"], *build, "--serial", "6")
        self.package("small", "1.0.0", size=101)
        self.refuses(FAILED, ["small 1.0.0", "raise its version"], *build)
        self.package("small", "1.0.0", license="MIT", summary="A bright little choir")
        self.refuses(FAILED, ["'nosuch'"], *build, "--beta", "nosuch")
        self.refuses(FAILED, ["https://"], *build, "--mirror", "http://x/")
        bad = self.packages / "bad"
        self.addCleanup(shutil.rmtree, bad)
        bad.mkdir()
        (bad / "model.json").write_text("{}")
        self.refuses(FAILED, ["bad", "nothing is published"], *build)
        self.assertEqual({p.name: p.read_bytes() for p in out.iterdir()}, before)

    def test_keys_are_kept_from_others_and_from_mistakes(self):
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.refuses(BAD_OUTPUT, [str(self.key)], "repo", "keygen", self.key)
        build = ("repo", "build", self.packages, "-o", self.work / "out", "--key")
        loose = self.work / "loose"
        shutil.copy(self.key, loose)
        loose.chmod(0o644)
        self.refuses(BAD_INPUT, ["chmod 600"], *build, loose)
        loose.write_text(self.public_key)
        loose.chmod(0o600)
        result = self.refuses(BAD_INPUT, ["not a secret key"], *build, loose)
        self.refuses(BAD_INPUT, ["nosuch"], *build, self.work / "nosuch")
        self.assertEqual(result, "bad_input")

    def test_none_is_configured(self):
        self.assertIn("no repository is configured", self.succeeds("repo", "list").out)
        self.refuses(REFUSED, ["the configuration names no repository"], "models", "install", "x")


if __name__ == "__main__":
    unittest.main()
