# SPDX-License-Identifier: Apache-2.0
"""What a model of a repository needs comes with it, all or nothing; and repositories of which
none answers."""

import shutil
import unittest

import repository_server
from ctl_harness import FAILED, REFUSED
from ctl_repository_test import RepositoryTest, flip_first


class Needs(RepositoryTest):
    """A model `rig`, and what it needs."""

    @classmethod
    def sources(cls):
        return [("main", cls.serve("main"))]

    def publish(self):
        self.build()
        self.succeeds("repo", "refresh")
        self.main = self.servers["main"]
        self.main.asked.clear()

    def needing(self, model, *needs, **fields):
        """A package of the folder that needs others, for this test."""
        fields["dependencies"] = [{"id": i, "minimum_version": v} for i, v in needs]
        self.addCleanup(shutil.rmtree, self.package(model, "1.0.0", **fields).parent)

    def test_what_a_model_needs_is_installed_with_it(self):
        self.needing("rig", ("big", "1.0.0"), ("small", "1.0.0"))
        self.publish()
        result = self.succeeds("models", "install", "rig", "--json").json
        self.assertEqual([d["entry"]["id"] for d in result["dependencies"]], ["big", "small"])
        self.assertEqual(self.installed(), ["big/1.0.0", "rig/1.0.0", "small/1.0.0"])
        self.refuses(REFUSED, ["needed by rig"], "models", "remove", "big")
        self.succeeds("models", "remove", "rig")

    def test_what_a_model_needs_and_nobody_has_is_named_and_nothing_is_downloaded(self):
        self.needing("rack", ("big", "1.0.0"), ("small", "1.4.0"), ("ghost", "1.0.0"))
        self.publish()
        self.refuses(REFUSED, ["rack 1.0.0 needs small of at least 1.4.0", "'main' has 1.0.0",
                               "rack 1.0.0 needs ghost", "no repository has it"],
                     "models", "install", "rack")
        self.assertEqual(self.main.asked, [])
        self.assertEqual(self.installed(), [])

    def test_of_several_packages_all_are_installed_or_none(self):
        self.needing("rig", ("big", "1.0.0"), ("small", "1.0.0"))
        self.publish()
        self.main.faults["rig-1.0.0.continuo"] = repository_server.gives(flip_first)
        self.refuses(REFUSED, ["rig-1.0.0.continuo", "SHA-256"], "models", "install", "rig")
        self.assertEqual(self.installed(), [])

    def test_what_was_installed_goes_again_where_what_needs_it_cannot_be(self):
        self.needing("rig", ("big", "1.0.0"), ("small", "1.0.0"))
        self.publish()
        (self.store / "rig").write_text("in the way")
        self.addCleanup((self.store / "rig").unlink)
        self.refuses(REFUSED, ["rig"], "models", "install", "rig")
        self.assertIn("small-1.0.0.continuo", [path for path, *_ in self.main.asked])
        self.assertEqual([p.name for p in self.store.iterdir()], ["rig"])

    def test_a_package_of_ones_own_gets_what_it_needs(self):
        self.publish()
        own = self.work / "rig"
        self.needing("rig", ("small", "1.0.0"))
        shutil.copytree(self.packages / "rig" / "1.0.0", own)
        result = self.succeeds("models", "install", own, "--json").json
        self.assertEqual(result["dependencies"], ["small 1.0.0"])
        self.assertEqual(self.installed(), ["rig/1.0.0", "small/1.0.0"])
        self.succeeds("models", "remove", "rig")


class Unreachable(RepositoryTest):
    """None of which anything is known yet."""

    @classmethod
    def sources(cls):
        return [("one", cls.serve("one")), ("two", cls.serve("two"))]

    def test_a_search_fails_where_all_fail_and_not_where_one_answers(self):
        self.build()
        for server in self.servers.values():
            server.faults["index.json"] = repository_server.code(500)
        result = self.ctl("models", "search")
        self.assertEqual((result.code, result.out), (FAILED, ""))
        self.assertEqual(result.err.count("answers 500"), 2)
        result = self.ctl("models", "search", "--json")
        self.assertEqual(result.code, FAILED)
        self.assertEqual([s["name"] for s in result.json["failed"]], ["one", "two"])
        self.servers["two"].faults.clear()
        result = self.succeeds("models", "search")
        self.assertIn("big", result.out)
        self.assertIn("answers 500", result.err)
        self.assertEqual(self.succeeds("models", "search", "no-such").out, "no model fits\n")


if __name__ == "__main__":
    unittest.main()
