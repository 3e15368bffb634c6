#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints those of ThreadSanitizer's reports in FILE that concern code of ours, and tells on standard
error how many others there are. Exit code: 0 there is none of ours, 1 there is.

gRPC is built without the sanitizer. What its headers leave in our programs is ordered by atomics and
locks inside its libraries, which nobody sees: a data race between two places of gRPC's own is no
finding. One counts where, of either access, the first function that is neither the standard
library's nor the allocator's is ours: compiled from this tree, or without a name in a program, as
all are of a confined runner, in which there is no gRPC. That a reactor goes in its OnDone does not
count either: gRPC calls that when all else of the call has returned. All that is no data race counts."""

import pathlib
import re
import sys

TREE = str(pathlib.Path(__file__).resolve().parents[2])

MARK = "WARNING: ThreadSanitizer: "
ACCESS = re.compile(r"\n  (?:Previous )?(?:atomic )?(?:read|write) [^\n]*\n((?:    #[^\n]*\n)+)",
                    re.IGNORECASE)
OTHERS = re.compile(r"^(\w+ )?(std::|__|operator (new|delete)|malloc|calloc|free|mem|str)")
OURS = re.compile(r"\bcontinuo::(?!v1::)")


def bare(frame):
    """Without arguments, also those of templates."""
    while True:
        shorter = re.sub(r"<[^<>]*>|\([^()]*\)", "", frame)
        if shorter == frame:
            return frame
        frame = shorter


def is_ours(stack):
    for line in stack.splitlines():
        frame = re.sub(r"^ *#\d+ ", "", line)
        if OTHERS.search(bare(frame)) or "(libtsan" in frame:
            continue
        module = re.search(r"\((\S+)\+0x", frame)
        if module and ".so" in module[1]:
            return False
        return (" ../../" in frame or " " + TREE in frame or frame.startswith("<null>") or
                bool(OURS.search(bare(frame))))
    return True


def concerns_us(report):
    accesses = ACCESS.findall(report)
    if not report.startswith("data race") or not accesses:
        return True
    if any("::CallOnDone()" in stack for stack in accesses[:2]):
        return False
    # Of one that is long ago the stack may be lost: then the other tells.
    return any(is_ours(stack) for stack in accesses[:2])


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        text = file.read()
    if MARK not in text:
        print(text, end="")
        return 1 if text.strip() else 0
    reports = text.split(MARK)[1:]
    ours = [report for report in reports if concerns_us(report)]
    for report in ours:
        print(MARK + report)
    if len(ours) < len(reports):
        print("%d reports between places of gRPC alone" % (len(reports) - len(ours)), file=sys.stderr)
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
