# SPDX-License-Identifier: Apache-2.0
"""How a melody with chords becomes rows of the encoder's grid and cells of the decoder.

The grid has one row a 16th. The cells are written step by step: where a chord may change (each beat; each
dotted quarter in 6/8) a chord cell, then on every step a melody cell. So either may be given and the other written.

Vocabulary: 0 rest, 1 hold, 2.. a note of pitch 36.. begins; 63 the chord holds, 64 there is no chord,
65 + 10 root + quality a chord.
"""

import numpy as np

from songs import HIGHEST, HOLD, LOWEST, NO_CHORD, ONSET, REST

MELODY_CELLS = ONSET + HIGHEST - LOWEST + 1
CHORD_HOLD, CHORD_CELL = MELODY_CELLS, MELODY_CELLS + 1  # CHORD_CELL + chord (0 none, 1 + 10 root + quality).
CHORDS = 121
VOCABULARY = CHORD_CELL + CHORDS
START = VOCABULARY  # The cell before the first.

# Signatures: name, steps in a bar, steps between the places of chords.
SIGNATURES = ("3/4", "4/4", "5/4", "6/8")
BAR_STEPS = (12, 16, 20, 12)
CHORD_STEPS = (4, 4, 4, 6)
FIRST_PLACE = (0, 12, 28, 48)

# Grid fields; 0 is unknown in all but PLACE.
MELODY, CHORD, PLACE, BAR_DENSITY, DENSITY, KEY, LOW, HIGH, BARS_LEFT, TEMPO, STYLE = range(11)
GRID_FIELDS = (1 + MELODY_CELLS, 1 + CHORDS, 60, 8, 8, 25, 22, 22, 17, 8, 3)
# Token fields: the cell before; 1 for a chord's cell; pitch sounding (0 silent) and begun last (0 none), less 35;
# 1 + chord that sounds (0: not said yet); steps since melody last began or fell silent; notes begun in this bar.
PREVIOUS, KIND, SOUNDING, BEGUN, HARMONY, AGE, COUNT = range(7)
TOKEN_FIELDS = (VOCABULARY + 1, 2, 62, 62, 1 + CHORDS, 18, 13)

DENSITY_EDGES = (0.5, 2.5, 4.5, 6.5, 8.5, 11.5)  # Notes in 16 steps; bucket 1 is a silent bar, 7 the busiest.
TEMPO_EDGES = (60, 70, 80, 95, 110, 130)  # Beats a minute; buckets 1 to 7.
MOST_BARS_LEFT = 16


def density_bucket(notes, steps):
    return 1 + int(np.searchsorted(DENSITY_EDGES, notes * 16 / steps))


def tempo_bucket(tempo):
    return 1 + int(np.searchsorted(TEMPO_EDGES, tempo)) if tempo > 0 else 0


def pitch_bucket(pitch):
    """Of LOW and HIGH: three semitones each."""
    return 1 + (int(np.clip(pitch, LOWEST, HIGHEST)) - LOWEST) // 3


class State:
    """What the decoder is told of the cells before; the same in the C++ of the daemon."""

    def __init__(self, signature):
        self.bar, self.spacing = BAR_STEPS[signature], CHORD_STEPS[signature]
        self.previous, self.sounding, self.begun, self.harmony, self.age, self.count = START, 0, 0, 0, 0, 0

    def token(self, is_chord):
        return (self.previous, int(is_chord), self.sounding, self.begun, self.harmony, min(self.age, 17), min(self.count, 12))

    def begin_step(self, step):
        if step % self.bar == 0:
            self.count = 0

    def add(self, cell):
        self.previous = cell
        if cell >= CHORD_CELL:
            self.harmony = 1 + cell - CHORD_CELL
        elif cell == REST:
            self.age = 1 if self.sounding else self.age + 1
            self.sounding = 0
        elif cell == HOLD:
            self.age += 1
        elif cell < CHORD_HOLD:
            self.sounding = self.begun = 1 + cell - ONSET
            self.age = 1
            self.count += 1


def cells_of(melody, chords, signature):
    """(cells, tokens, steps): the whole sequence of a piece, cell by cell."""
    state, cells, tokens, steps = State(signature), [], [], []
    melody, chords = melody.tolist(), chords.tolist()
    for step, cell in enumerate(melody):
        state.begin_step(step)
        if step % state.spacing == 0:
            tokens.append(state.token(True))
            same = state.harmony == 1 + chords[step]
            cells.append(CHORD_HOLD if same else CHORD_CELL + chords[step])
            steps.append(step)
            state.add(cells[-1])
        tokens.append(state.token(False))
        cells.append(cell)
        steps.append(step)
        state.add(cell)
    return cells, tokens, steps


def empty_grid(steps, signature):
    grid = np.zeros((steps, len(GRID_FIELDS)), np.int64)
    grid[:, PLACE] = FIRST_PLACE[signature] + np.arange(steps) % BAR_STEPS[signature]
    return grid
