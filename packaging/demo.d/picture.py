#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""picture.py DRY.wav MODEL.wav OUT.png: the two sounds as spectrograms, and their mean spectra."""

import sys
import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.io import wavfile
from scipy.signal import stft

# The guitar is alone for the first two bars of the song, at 112 quarters a minute.
ALONE_S = 2 * 4 * 60 / 112
WINDOW_FRAMES = 4096
FLOOR_DB = -100


def load(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)
        rate, data = wavfile.read(path)
    if data.dtype == np.int16:
        data = data / 32768.0
    if data.ndim > 1:
        data = data.mean(axis=1)
    if len(data) < WINDOW_FRAMES:
        sys.exit(f"picture.py: {path} holds {len(data)} frames, too few for a spectrum")
    return rate, data.astype(float)


def decibel(amplitude):
    return 20 * np.log10(np.maximum(amplitude, 10 ** (FLOOR_DB / 20)))


def main(dry_path, wet_path, out_path):
    sounds = [("Dry", *load(dry_path), "tab:blue"), ("Through drive", *load(wet_path), "tab:red")]
    figure = plt.figure(figsize=(12, 10), constrained_layout=True)
    grid = figure.add_gridspec(2, 2)
    spectrograms = [figure.add_subplot(grid[0, 0])]
    spectrograms.append(figure.add_subplot(grid[0, 1], sharex=spectrograms[0], sharey=spectrograms[0]))
    mean = figure.add_subplot(grid[1, :])
    image = None
    for axes, (name, rate, data, color) in zip(spectrograms, sounds):
        frequency, time, bins = stft(data, rate, nperseg=WINDOW_FRAMES, noverlap=WINDOW_FRAMES * 3 // 4)
        # A sine of amplitude 1 has 0.5 in its bin.
        level = 2 * np.abs(bins)
        image = axes.pcolormesh(time, frequency / 1000, decibel(level), vmin=FLOOR_DB, vmax=-10,
                                cmap="magma", shading="auto", rasterized=True)
        axes.set_ylim(0, 16)
        axes.set_title(name)
        axes.set_xlabel("Time (s)")
        alone = level[:, time < ALONE_S]
        mean.semilogx(frequency[1:], decibel(np.sqrt((alone**2).mean(axis=1)))[1:], color=color,
                      label=name, linewidth=1)
    spectrograms[0].set_ylabel("Frequency (kHz)")
    figure.colorbar(image, ax=spectrograms, label="Level (dBFS)", pad=0.01)
    mean.set_xlim(40, 20000)
    mean.set_ylim(FLOOR_DB, 0)
    ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
    mean.set_xticks(ticks, [str(t) if t < 1000 else f"{t // 1000}k" for t in ticks])
    mean.minorticks_off()
    mean.grid(alpha=0.3)
    mean.set_title("Mean spectrum, bars 1 and 2 (the guitar alone)")
    mean.set_xlabel("Frequency (Hz)")
    mean.set_ylabel("Level (dBFS)")
    mean.legend()
    figure.suptitle("One LMMS song, rendered dry and with the guitar through Continuo's model drive")
    figure.savefig(out_path, dpi=100)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
