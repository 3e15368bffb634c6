#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dry.py IN.mmp OUT.mmp: the same LMMS project without Continuo's effect."""

import sys
import xml.etree.ElementTree as ElementTree


def main(source, target):
    project = ElementTree.parse(source)
    removed = 0
    for chain in project.iter("fxchain"):
        for effect in chain.findall("effect[@name='continuofx']"):
            chain.remove(effect)
            removed += 1
        chain.set("numofeffects", str(len(chain.findall("effect"))))
    if removed == 0:
        sys.exit(f"dry.py: {source} has no effect 'continuofx' to take out")
    project.write(target, encoding="UTF-8", xml_declaration=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
