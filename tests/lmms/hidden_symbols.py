#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""hidden_symbols.py HEADERS PLUGIN…: what plugins take from LMMS master, and master hides from them.

Master compiles with hidden visibility; a plugin finds only what its headers mark with LMMS_EXPORT.
A plugin that takes anything else is refused by the loader. Exits with 1 where one does.
"""

import pathlib
import re
import subprocess
import sys

KINDS = re.compile(r"^(vtable|typeinfo name|typeinfo|VTT|guard variable|non-virtual thunk|virtual thunk) (for|to) ")


def exported(headers):
    """Names of the classes and of the functions and variables outside of classes, that are marked."""
    names = set()
    for header in pathlib.Path(headers).glob("*.h"):
        text = header.read_text(errors="replace")
        names.update(re.findall(r"\b(?:class|struct)\s+LMMS_EXPORT\s+(\w+)", text))
        names.update(re.findall(r"(?<!class )(?<!struct )\bLMMS_EXPORT\s[^;{}()=]*?(\w+)\s*[;(=]", text))
    return names


def without_brackets(name):
    """Without template arguments and parameter lists."""
    for brackets in (r"<[^<>]*>", r"\([^()]*\)"):
        before = None
        while before != name:
            before, name = name, re.sub(brackets, "", name)
    return name


def taken(plugin):
    """Names in LMMS's namespace that a plugin leaves open; not the weak ones."""
    lines = subprocess.run(["nm", "-DC", "--undefined-only", plugin], check=True, capture_output=True, text=True).stdout
    names = (line.split(maxsplit=1)[1] for line in lines.splitlines() if line.split()[0] == "U")
    return sorted(name for name in names if KINDS.sub("", name).startswith("lmms::"))


def is_given(symbol, given):
    """A class gives all its members, and the classes in it."""
    return any(part in given for part in without_brackets(KINDS.sub("", symbol)).split("::"))


def main(headers, *plugins):
    given = exported(headers)
    if not given:
        sys.exit(f"{headers}: no header in it marks anything with LMMS_EXPORT")
    count, hidden = 0, []
    for plugin in plugins:
        symbols = taken(plugin)
        count += len(symbols)
        hidden += [f"{pathlib.Path(plugin).name}: {symbol}" for symbol in symbols if not is_given(symbol, given)]
    if count == 0:
        sys.exit("the plugins take nothing from LMMS master; were they built against its headers?")
    print(f"{count} symbols are taken from LMMS master, {len(hidden)} of them hidden", *hidden, sep="\n  ")
    return 1 if hidden else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
