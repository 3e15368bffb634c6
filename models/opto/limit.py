#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How much `limit` changes, by reduction: why the manifest has it matter from 1 on.

Prints the greatest change of the gain between its ends, of the file's reference at 48 kHz, for a
guitar that peaks at full scale and one that is 9.5 dB louder.

  ./limit.py
"""

import numpy as np

import export
import signals

RATE = 48000


def main():
    reference = export.reference(RATE)
    guitar = signals.guitar(RATE, 3.0)
    guitar /= np.abs(guitar).max()
    for peak in (1.0, 3.0):
        for reduction in (0.0, 0.5, 1.0, 2.0, 3.0, 5.0):
            ends = [reference.gain(peak * guitar[None], np.array([[reduction]]), np.array([[limit]]))
                    for limit in (0.0, 10.0)]
            change = np.abs(20 * np.log10(ends[1] / ends[0])).max()
            print("peak %.0f, reduction %.1f: %.2f dB" % (peak, reduction, change))


if __name__ == "__main__":
    main()
