# SPDX-License-Identifier: Apache-2.0
"""How a drum pattern is written for the network: the grid that is given, and the cells it writes.

A pattern is two arrays over (step, voice), a step being a 16th: `velocity` holds 0 for no hit, else
1 + MIDI velocity // 8 (1..16); `offset` holds 0..24, for (offset - 12) / 24 of a step off the grid.

Cells, step by step: any number of hits in the order of the voices, then the end of the step.
  0 the step ends, or 1 + 16 voice + velocity bucket (0..15)
So a step has one cell and one more a hit, 36 a bar of common 4/4. A cell that comes after voice v may
only name a later voice. The network's outputs are two distributions: outputs 0..144 what the cell
is, 145..169 the offset of the hit that was written just before (so that it knows what it belongs to,
and costs no cell of its own). Fields of a cell: what was written before it (145 before the first), the
offset written with that (0 none, else 1 + offset; it belongs to the hit before), and the first voice
that it may still name, 0..9. Its position for the rotary embedding is 10 step + that voice.

Grid fields of a step, 0 always meaning "not told":
  0-8   each voice: 1 no hit, 2 a hit, 3..18 a hit with its velocity bucket
  9     1 + the mean offset of the hits given with their timing
  10    1 + step in the bar (0..31; a bar may have 32 steps)
  11    signature: 1 4/4, 2 3/4, 3 6/8, 4 5/4, 5 another
  12    1 + style in the order of STYLES
  13    1 + density: hits a 16 steps, by DENSITY_EDGES, over the whole pattern
  14    1 + tempo, by TEMPO_EDGES
  15    1 beat, 2 fill
"""

import bisect

import numpy as np

VOICES = ["kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride"]
VOICE_PITCH = [36, 38, 42, 46, 43, 47, 50, 49, 51]  # General MIDI
# Nine voices and what they take in: the reduction of Gillick et al., "Learning to Groove with Inverse Sequence
# Transformations" (2019), over the pitches of the Roland TD-11 that the data was played on.
PITCH_VOICE = {36: 0, 38: 1, 37: 1, 40: 1, 42: 2, 22: 2, 44: 2, 46: 3, 26: 3, 43: 4, 58: 4, 47: 5, 45: 5, 50: 6, 48: 6,
               49: 7, 52: 7, 55: 7, 57: 7, 51: 8, 53: 8, 59: 8}
STYLES = ["afrobeat", "afrocuban", "blues", "country", "dance", "funk", "gospel", "highlife", "hiphop", "jazz", "latin",
          "middleeastern", "neworleans", "pop", "punk", "reggae", "rock", "soul"]
SIGNATURES = [(4, 4), (3, 4), (6, 8), (5, 4)]
DENSITY_EDGES = [6, 10, 13, 16, 19, 22, 26]
TEMPO_EDGES = [70, 85, 100, 115, 130, 150, 180]
VOICE_COUNT, VELOCITIES, OFFSETS, BAR_STEPS = 9, 16, 25, 32
END, CELL_VALUES = 0, 1 + VOICE_COUNT * VELOCITIES
VOCABULARY = CELL_VALUES + OFFSETS
START, TOKEN_FIELDS, STEP_STRIDE = CELL_VALUES, (CELL_VALUES + 1, 1 + OFFSETS, VOICE_COUNT + 1), VOICE_COUNT + 1
GRID_FIELDS = (3 + VELOCITIES,) * VOICE_COUNT + (1 + OFFSETS, 1 + BAR_STEPS, 2 + len(SIGNATURES), 1 + len(STYLES),
                                                 2 + len(DENSITY_EDGES), 2 + len(TEMPO_EDGES), 3)
TIMING, BAR_STEP, SIGNATURE, STYLE, DENSITY, TEMPO, FILL = range(VOICE_COUNT, VOICE_COUNT + 7)
UNKNOWN, NO_HIT, HIT, FIRST_VELOCITY = 0, 1, 2, 3


def hit_cell(voice, bucket):
    return 1 + voice * VELOCITIES + bucket


def signature_code(numerator, denominator):
    return 1 + SIGNATURES.index((numerator, denominator)) if (numerator, denominator) in SIGNATURES else 5


def density_of(velocity):
    """Hits a 16 steps."""
    return np.count_nonzero(velocity) * 16 / len(velocity)


def density_code(hits):
    return 1 + bisect.bisect_right(DENSITY_EDGES, hits)


def tempo_code(bpm):
    return 1 + bisect.bisect_right(TEMPO_EDGES, bpm)


def is_certain(given, first_voice, value):
    """Whether the grid row leaves no choice but `value` to a hit cell. given: the nine voice fields of the step."""
    voice = VOICE_COUNT if value == END else (value - 1) // VELOCITIES
    if any(given[v] != NO_HIT for v in range(first_voice, voice)):
        return False
    return value == END or given[voice] >= FIRST_VELOCITY


def write_cells(velocity, offset, grid, timing_given):
    """All cells of a pattern: (token fields, step, position, target, weight) as lists. target and weight: of the cell
    and of the offset; what the grid leaves no choice has weight 0. timing_given: (steps, voices), the offsets that
    stand."""
    token, step, position, target, weight = [], [], [], [], []
    before, offset_before, hit = START, 0, None  # hit: (step, voice) of the cell before, if it was one

    for t in range(len(velocity)):
        row, first = grid[t], 0
        for v in list(np.flatnonzero(velocity[t])) + [VOICE_COUNT]:
            value = END if v == VOICE_COUNT else hit_cell(v, velocity[t, v] - 1)
            token.append((before, offset_before, first))
            step.append(t)
            position.append(STEP_STRIDE * t + first)
            target.append((value, offset[hit] if hit else 0))
            weight.append((not is_certain(row, first, value), hit is not None and not timing_given[hit]))
            before, offset_before, first = value, 1 + offset[hit] if hit else 0, v + 1
            hit = (t, v) if value != END else None
    return token, step, position, target, weight


def allowed(given, first_voice):
    """Which values a cell may take, (CELL_VALUES,) bool: what is given is met, and nothing given is skipped."""
    ok = np.zeros(CELL_VALUES, bool)
    for v in range(first_voice, VOICE_COUNT):
        if given[v] in (UNKNOWN, HIT):
            ok[hit_cell(v, 0):hit_cell(v, VELOCITIES)] = True
        elif given[v] >= FIRST_VELOCITY:
            ok[hit_cell(v, given[v] - FIRST_VELOCITY)] = True
        if given[v] >= HIT:
            return ok
    ok[END] = True
    return ok
