#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a compiler does not know: which folder may include
which, who may see gRPC, LibTorch and Qt, licences, and how long a file may be.

Use: architecture_test.py [TREE]. First plants one violation of each kind in a copy
and sees that it is found; then looks at the tree itself.
"""
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import unittest

TREE = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else __file__).resolve()
if TREE.is_file():
    TREE = TREE.parents[2]

# What a folder may include of the tree, besides itself. The longest name counts.
MAY_INCLUDE = {
    "shared/files": [],
    "shared/ipc": [],
    "shared/client": ["shared/ipc", "shared/audio"],
    "shared/midi": [],
    "shared/midi/picture": ["shared/midi"],
    "shared/preset": ["shared/files"],
    "shared/project": ["shared/files", "shared/midi"],
    "shared/scope": [],
    "shared/studio": ["shared/client", "shared/midi", "shared/project"],
    "shared/audio": [],
    "daemon/base": [],
    "daemon/model": ["daemon/base", "shared"],
    "daemon/repository": ["daemon/base", "daemon/model", "shared/files"],
    # Works by messages to a process of its own.
    "daemon/fit": ["daemon/base", "daemon/model", "daemon/repository"],
    "daemon/memory": ["daemon/base", "daemon/model", "shared/files"],
    "daemon/executor": ["daemon/base", "shared/ipc"],
    "daemon/stream": ["daemon/base", "daemon/model", "daemon/memory", "daemon/executor", "shared/ipc",
                      "shared/audio"],
    "daemon/job": ["daemon/base", "daemon/model", "daemon/memory", "daemon/executor", "shared"],
    "daemon/generate": ["daemon/base", "daemon/model", "daemon/executor", "daemon/job", "shared"],
    "daemon/history": ["daemon/base", "daemon/model", "daemon/job", "shared"],
    # Knows of runners by messages only, so neither executors nor streams.
    "daemon/supervisor": ["daemon/base", "daemon/model", "daemon/memory", "daemon/job", "shared/ipc"],
    "daemon/service": ["daemon", "shared"],
    "daemon/app": ["daemon", "shared"],
    "bridge-plugin": ["shared"],
}
# Folders that nobody below them may include, though `daemon` is allowed above.
ABOVE = {"daemon/service": ["daemon/app"]}

# Which headers of others only some may include.
FOREIGN = [
    ("gRPC", re.compile(r"grpc(pp)?/|\.grpc\.pb\.h$"),
     ["daemon/service", "daemon/app", "shared/client", "shared/studio", "tests"]),
    ("LibTorch", re.compile(r"^(torch|ATen|c10)/"), ["daemon/executor/torch", "tests"]),
    ("cairo", re.compile(r"^cairo"), ["shared/midi/picture", "tests"]),
    ("libcurl or libsodium", re.compile(r"^curl/|^sodium"), ["daemon/repository", "tests"]),
    ("Qt or LMMS", re.compile(r"^Q[A-Z]\w*$|^lmms\w*\.h$"), ["bridge-plugin/lmms", "tests/lmms"]),
    ("FFTW", re.compile(r"^fftw3"), ["shared/scope"]),
    # A host's signals are its own.
    ("SIGBUS", re.compile(r"^shared/ipc/mapping_guard_handler\.h$"), ["shared/ipc", "daemon/app", "tests"]),
]
SOURCES = {".cc", ".cpp", ".h", ".hpp", ".py", ".proto", ".cmake", ".sh"}
CODE = {".cc", ".cpp", ".h", ".hpp"}
MAX_LINES = 500
LONG_FILES = {}  # file: why it is longer
MEDIAN_HEADER_LINES = 100
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)


def is_within(path, folder):
    return path == folder or path.startswith(folder + "/")


def sources(tree):
    for top in ("shared", "daemon", "bridge-plugin", "proto", "models", "packaging", "tests"):
        for path in sorted((tree / top).rglob("*")):
            name = path.relative_to(tree).as_posix()
            if path.is_file() and "__pycache__" not in name and (
                    path.suffix in SOURCES or path.name == "CMakeLists.txt"):
                yield name, path


def rule_of(name):
    folders = [folder for folder in MAY_INCLUDE if is_within(name, folder)]
    return max(folders, key=len) if folders else None


def check_includes(name, text):
    own = rule_of(name)
    for mark, header in INCLUDE.findall(text):
        if mark == '"' and own and re.match(r"(shared|daemon|bridge-plugin|tests)/", header):
            allowed = [own] + MAY_INCLUDE[own]
            above = ABOVE.get(own, [])
            if (not any(is_within(header, folder) for folder in allowed)
                    or any(is_within(header, folder) for folder in above)):
                yield f"{name}: {own} may not include {header}"
        if own == "daemon/stream" and header.startswith("continuo/"):
            yield f"{name}: a stream knows no messages, yet includes {header}"
        if own == "shared/ipc" and header.startswith("continuo/"):
            yield f"{name}: shared/ipc knows no messages, yet includes {header}"
        for what, pattern, folders in FOREIGN:
            if (pattern.search(header)
                    and not any(is_within(name, folder) for folder in folders)):
                yield f"{name}: only {', '.join(folders)} may include {what}'s {header}"


def check_licence(name, text):
    wanted = ("GPL-3.0-or-later" if is_within(name, "bridge-plugin/lmms") else "Apache-2.0")
    found = re.search(r"SPDX-License-Identifier: (\S+)", "\n".join(text.splitlines()[:5]))
    if not found:
        yield f"{name}: no SPDX-License-Identifier in the first lines"
    elif found[1] != wanted:
        yield f"{name}: licence {found[1]}, wanted {wanted}"


def violations(tree):
    found = []
    header_lines = []
    for name, path in sources(tree):
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.count("\n")
        found += check_licence(name, text)
        if path.suffix in CODE:
            found += check_includes(name, text)
        if path.suffix in {".h", ".hpp"}:
            header_lines.append(lines)
        if lines > MAX_LINES and name not in LONG_FILES:
            found.append(f"{name}: {lines} lines, more than {MAX_LINES}: divide it, "
                         "or give the reason in LONG_FILES")
    for name in LONG_FILES:
        if not (tree / name).exists():
            found.append(f"{name}: is excepted and not there")
    if header_lines and statistics.median(header_lines) >= MEDIAN_HEADER_LINES:
        found.append(f"the median header has {statistics.median(header_lines)} lines, "
                     f"{MEDIAN_HEADER_LINES} or more")
    return found


PLANTS = {
    "ipc includes client": ("shared/ipc/segment.h", '#include "shared/client/link.h"'),
    "ipc includes a message": ("shared/ipc/segment.h", '#include "continuo/v1/model.pb.h"'),
    "client includes the daemon": ("shared/client/link.h", '#include "daemon/base/log.h"'),
    "base includes model": ("daemon/base/log.h", '#include "daemon/model/store.h"'),
    "model includes executor": ("daemon/model/store.h", '#include "daemon/executor/executor.h"'),
    "model includes repository": ("daemon/model/store.h", '#include "daemon/repository/source.h"'),
    "service includes libcurl": ("daemon/service/status.h", "#include <curl/curl.h>"),
    "executor includes stream": ("daemon/executor/executor.h", '#include "daemon/stream/smoother.h"'),
    "stream includes supervisor": ("daemon/stream/smoother.h", '#include "daemon/supervisor/types.h"'),
    "stream includes job": ("daemon/stream/smoother.h", '#include "daemon/job/queue.h"'),
    "stream includes gRPC": ("daemon/stream/smoother.h", "#include <grpcpp/channel.h>"),
    "supervisor includes stream": ("daemon/supervisor/types.h", '#include "daemon/stream/smoother.h"'),
    "supervisor includes gRPC": ("daemon/supervisor/types.h", '#include "continuo/v1/model_service.grpc.pb.h"'),
    "service includes app": ("daemon/service/status.h", '#include "daemon/app/configuration.h"'),
    "bridge includes daemon": ("bridge-plugin/lmms/report.h", '#include "daemon/base/log.h"'),
    "bridge includes gRPC": ("bridge-plugin/lmms/report.h", "#include <grpcpp/grpcpp.h>"),
    "stream includes LibTorch": ("daemon/stream/smoother.h", "#include <torch/script.h>"),
    "fake executor includes LibTorch": ("daemon/executor/fake/fake_executor.cc", "#include <ATen/Parallel.h>"),
    "midi includes ipc": ("shared/midi/song.h", '#include "shared/ipc/segment.h"'),
    "midi includes the daemon": ("shared/midi/smf_reader.h", '#include "daemon/base/str_cat.h"'),
    "midi includes a drawing library": ("shared/midi/song.cc", "#include <cairo.h>"),
    "client includes FFTW": ("shared/client/link.h", "#include <fftw3.h>"),
    "client includes a handler of signals": ("shared/client/link.h", '#include "shared/ipc/mapping_guard_handler.h"'),
    "client includes Qt": ("shared/client/link.h", "#include <QString>"),
    "a long file": ("shared/ipc/wakeup.cc", "\n" * 500),
}
LICENCE_PLANTS = {
    "no licence": ("shared/ipc/wakeup.cc", "// none\n"),
    "the other licence": ("shared/ipc/wakeup.cc", "// SPDX-License-Identifier: GPL-3.0-or-later\n"),
    "the other licence in the bridge": ("bridge-plugin/lmms/report.h",
                                        "// SPDX-License-Identifier: Apache-2.0\n"),
    "no licence in a build file": ("shared/ipc/CMakeLists.txt", "# none\n"),
}


class TheTestItself(unittest.TestCase):
    """Each kind of violation is found where it is planted, and only that one."""

    def setUp(self):
        self.before = violations(TREE)
        self.copy = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())
                                 if hasattr(self, "enterContext") else self.temporary())
        for name, path in sources(TREE):
            target = self.copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    def temporary(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name

    def found_with(self, name, text):
        path = self.copy / name
        before = path.read_text()
        path.write_text(text(before))
        try:
            return [line for line in violations(self.copy) if line not in self.before]
        finally:
            path.write_text(before)

    def test_a_copy_is_as_good_as_the_tree(self):
        self.assertEqual(violations(self.copy), self.before)

    def test_each_planted_violation_is_found(self):
        for what, (name, line) in PLANTS.items():
            with self.subTest(what):
                found = self.found_with(name, lambda text: text + "\n" + line + "\n")
                self.assertEqual(len(found), 1, found)
                self.assertIn(name, found[0])

    def test_each_planted_licence_is_found(self):
        for what, (name, first_line) in LICENCE_PLANTS.items():
            with self.subTest(what):
                found = self.found_with(name, lambda text: first_line + text.split("\n", 1)[1])
                self.assertEqual(len(found), 1, found)
                self.assertIn(name, found[0])

    def test_long_headers_are_found(self):
        for name, path in sources(self.copy):
            if path.suffix == ".h" and name.startswith(("shared/", "daemon/")):
                path.write_text(path.read_text() + "\n" * 120)
        found = [line for line in violations(self.copy) if line not in self.before]
        self.assertTrue(any("median" in line for line in found), found)


class TheTree(unittest.TestCase):
    def test_it_keeps_the_rules(self):
        found = violations(TREE)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_there_was_something_to_look_at(self):
        self.assertGreater(len(list(sources(TREE))), 100)


if __name__ == "__main__":
    unittest.main()
