# SPDX-License-Identifier: Apache-2.0
"""Reads POP909 and the soprano lines of Bach's chorales as melodies with chords on a grid of 16ths.

POP909's notes are placed between its annotated beats (beat_midi.txt), not by MIDI ticks, so that songs with a
moving tempo lie straight. beat_midi.txt's second column marks every second beat of common time and every third of
triple time; the third column marks the bars of the former. The chorales carry no bars and no chords: both are
found here, so their signature, phase and chord names are estimates.
"""

import glob
import hashlib
import os
import sys

import mido
import numpy as np

LOWEST, HIGHEST = 36, 96
REST, HOLD, ONSET = 0, 1, 2  # A melody's cells; ONSET + pitch - LOWEST starts a note.
QUALITIES = ("maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim", "aug", "hdim7")
TONES = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 5, 7), (0, 2, 7), (0, 3, 6),
         (0, 4, 8), (0, 3, 6, 10))
NO_CHORD = 0  # Of a step's chord; 1 + 10 root + quality otherwise.
ALIASES = {"maj6": "maj", "min6": "min", "minmaj7": "min", "sus4(b7)": "sus4", "dim7": "dim"}
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
UNKNOWN_STYLE, POP, CHORALE = 0, 1, 2


def pitch_class(name):
    return (ROOTS[name[0]] + name.count("#") - name.count("b")) % 12


def chord_of(label):
    if label == "N":
        return NO_CHORD
    root, quality = label.split(":")
    quality = quality.split("/")[0]
    return 1 + 10 * pitch_class(root) + QUALITIES.index(ALIASES.get(quality, quality))


def rows_of(path):
    with open(path) as f:
        return [line.split() for line in f if line.strip()]


def split_of(name):
    """By the hash of the song's name: 10 % valid, 10 % test."""
    h = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10
    return ("valid", "test")[h] if h < 2 else "train"


def seconds_of_notes(path):
    """(start, end, pitch) in seconds of the MELODY track."""
    song = mido.MidiFile(path)
    tempi = sorted((tick, message.tempo) for track in song.tracks
                   for tick, message in ticked(track) if message.type == "set_tempo")
    ticks, at, rates = [0], [0.0], [500000]
    for tick, tempo in tempi:
        at.append(at[-1] + (tick - ticks[-1]) * rates[-1] / 1e6 / song.ticks_per_beat)
        ticks.append(tick)
        rates.append(tempo)

    def seconds(tick):
        i = np.searchsorted(ticks, tick, side="right") - 1
        return at[i] + (tick - ticks[i]) * rates[i] / 1e6 / song.ticks_per_beat

    notes, open_notes = [], {}
    for tick, message in ticked(next(t for t in song.tracks if t.name == "MELODY")):
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in open_notes:
            notes.append((seconds(open_notes.pop(message.note)), seconds(tick), message.note))
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = tick
    return sorted(notes)


def ticked(track):
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def melody_cells(notes, steps):
    """notes: (first step, end step, pitch), in order; one voice, the highest of those that start together."""
    cells = np.zeros(steps, np.int16)
    starts = {}
    for first, end, pitch in notes:
        if 0 <= first < steps and (first not in starts or starts[first][1] < pitch):
            starts[first] = (max(end, first + 1), pitch)
    order = sorted(starts)
    for i, first in enumerate(order):
        end, pitch = starts[first]
        limit = order[i + 1] if i + 1 < len(order) else steps
        if end + 1 >= limit:  # A gap of one 16th is breath, not a rest.
            end = limit
        while pitch < LOWEST:
            pitch += 12
        while pitch > HIGHEST:
            pitch -= 12
        cells[first + 1:min(end, limit)] = HOLD
        cells[first] = ONSET + pitch - LOWEST
    return cells


def pitches_of(cells):
    return cells[cells >= ONSET] - ONSET + LOWEST


def fitted_key(cells, chords, told=None):
    """1 + tonic, + 12 in minor. The key told stands unless another scale holds clearly more of notes and chords."""
    weight = np.zeros(12)
    np.add.at(weight, pitches_of(cells) % 12, 1.0)
    weight /= max(1.0, weight.sum())
    harmony, tonic = np.zeros(12), np.zeros((2, 12))
    for chord in chords[chords != NO_CHORD]:
        root, quality = divmod(int(chord) - 1, 10)
        for tone in TONES[quality][:3]:
            harmony[(root + tone) % 12] += 1
        if quality in (0, 3):
            tonic[0, root] += 1
        elif quality in (1, 4):
            tonic[1, root] += 1
    weight += harmony / max(1.0, harmony.sum())
    share = np.array([weight[[(t + s) % 12 for s in MAJOR]].sum() for t in range(12)]) / 2
    if told is not None:
        major = (told - 1) % 12 if told <= 12 else (told - 1 + 3) % 12
        if share[major] > share.max() - 0.04:
            return told
    major = int(share.argmax())
    minor = (major + 9) % 12
    return 13 + minor if tonic[1, minor] > tonic[0, major] else 1 + major


def read_pop909(folder):
    for path in sorted(glob.glob(os.path.join(folder, "POP909", "[0-9]*"))):
        name = os.path.basename(path)
        beats = np.array(rows_of(os.path.join(path, "beat_midi.txt")), float)
        period = int(np.bincount(np.diff(np.flatnonzero(beats[:, 1]))).argmax())
        downbeats = beats[:, 1] if period == 3 else beats[:, 2]
        beats_a_bar = 3 if period == 3 else 4
        marks = np.flatnonzero(downbeats)
        first = int(np.bincount(marks % beats_a_bar).argmax())
        times = beats[first:, 0]
        bars = (len(times) - 1) // beats_a_bar
        steps = bars * beats_a_bar * 4

        def step_of(seconds):
            return int(round(4 * np.interp(seconds, times, np.arange(len(times)), left=-1000)))

        notes = [(step_of(a), step_of(b), p) for a, b, p in seconds_of_notes(os.path.join(path, name + ".mid"))]
        cells = melody_cells(notes, steps)
        chords = np.zeros(steps, np.int16)
        for start, end, label in rows_of(os.path.join(path, "chord_midi.txt")):
            a, b = (4 * int(round(np.interp(float(t), times, np.arange(len(times)), left=-1000))) for t in (start, end))
            if b > 0:
                chords[max(0, a):b] = chord_of(label)
        keys = np.zeros(bars, np.int16)
        bar_times = times[np.arange(bars) * beats_a_bar]
        for start, end, label in rows_of(os.path.join(path, "key_audio.txt")):
            tonic, mode = label.split(":")
            inside = (bar_times >= float(start) - 3) & (bar_times < float(end))
            steps_inside = np.repeat(inside, beats_a_bar * 4)
            told = 1 + pitch_class(tonic) + (12 if mode == "min" else 0)
            keys[inside] = fitted_key(cells[steps_inside], chords[steps_inside], told)
        tempo = 60 / np.median(np.diff(times))
        yield {"name": "pop909/" + name, "split": split_of(name), "style": POP, "signature": beats_a_bar,
               "melody": cells, "chords": chords, "keys": keys, "tempo": float(tempo)}


def read_chorales(path):
    data = np.load(path, allow_pickle=True, encoding="latin1")
    for split in ("train", "valid", "test"):
        for i, voices in enumerate(data[split]):
            voices = np.nan_to_num(np.array(voices, float)).astype(int)
            soprano = voices[:, 0]
            starts = [s for s in range(len(soprano)) if s == 0 or soprano[s] != soprano[s - 1]] + [len(soprano)]
            notes = [(a, b, int(soprano[a])) for a, b in zip(starts, starts[1:]) if soprano[a] > 0]
            # The phase on which most of the long notes begin.
            score = np.zeros(4)
            for a, b, _ in notes:
                if a % 4 == 0:
                    score[a // 4 % 4] += max(0, b - a - 4)
            skip = 4 * int(score.argmax())
            steps = (len(soprano) - skip) // 16 * 16
            cells = melody_cells([(a - skip, b - skip, p) for a, b, p in notes], steps)
            chords = np.repeat([best_chord(voices[skip + s:skip + s + 4]) for s in range(0, steps, 4)], 4).astype(np.int16)
            keys = np.full(steps // 16, fitted_key(cells, chords), np.int16)
            yield {"name": "jsb/%s-%d" % (split, i), "split": split, "style": CHORALE, "signature": 4,
                   "melody": cells, "chords": chords, "keys": keys, "tempo": 0.0}


def best_chord(voices):
    weight = np.zeros(12)
    np.add.at(weight, voices[voices > 0] % 12, 1.0)
    if not weight.any():
        return NO_CHORD
    weight /= weight.sum()
    bass = int(voices[0, 3]) % 12
    score = np.array([[weight[[(r + t) % 12 for t in tones]].sum() - 0.07 * len(tones) + 0.08 * (r == bass) -
                       0.1 * (quality >= 5) for quality, tones in enumerate(TONES)] for r in range(12)])
    return 1 + int(score.argmax())


def load(pop909, chorales, cache):
    """All songs; read once, then from `cache`."""
    if not os.path.exists(cache):
        songs = list(read_pop909(pop909)) + list(read_chorales(chorales))
        np.save(cache, np.array(songs, dtype=object), allow_pickle=True)
    return list(np.load(cache, allow_pickle=True))


if __name__ == "__main__":
    for song in load(*sys.argv[1:4]):
        print(song["name"], song["split"], song["signature"], len(song["melody"]), round(song["tempo"]))
