# SPDX-License-Identifier: Apache-2.0
"""Scores of the weights that ship, on songs that training never saw; writes scores.json and the card's tables.

  python3 evaluate.py POP909_FOLDER JSB16.npz [--cache songs.npy] [--weights FILE --out FILE] [--split test]

Pieces are 8 bars. As MusPy defines them, of the melody: pitch-class entropy -sum p log2 p over the 12 classes of
its notes; scale consistency, the largest share of notes inside one of the 24 major and natural minor scales. Range
is highest less lowest pitch, notes a bar their mean. Overlapped area: the integral of the lesser of two Gaussian
kernel density estimates on a common grid. Both have one bandwidth, by Scott's rule from both together: each on its
own it would be next to nothing for the scale consistency of pieces that never leave their key. The ceiling is that of held-out pieces against
other pieces of held-out songs, as many of them.
"""

import argparse
import json
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))

import evaluation
import grid as g
import grid_training
import sample
import songs
import windows
from grid_transformer import load_safetensors
from songs import LOWEST, MAJOR, MINOR, ONSET, TONES

PIECES, BARS = 64, 8
SCALES = [{(t + s) % 12 for s in scale} for scale in (MAJOR, MINOR) for t in range(12)]


def features(melody, signature):
    pitches = melody[melody >= ONSET] - ONSET + LOWEST
    if not len(pitches):
        return None
    share = np.bincount(pitches % 12, minlength=12) / len(pitches)
    p = share[share > 0]
    return {"pitch_class_entropy": float(-(p * np.log2(p)).sum()),
            "scale_consistency": max(float(share[list(s)].sum()) for s in SCALES),
            "range": int(pitches.max() - pitches.min()),
            "notes_a_bar": len(pitches) * g.BAR_STEPS[signature] / len(melody)}


def overlapped_area(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    both = np.concatenate([a, b])
    width = both.std() * len(a) ** -0.2
    at = np.linspace(both.min() - 4 * width, both.max() + 4 * width, 2000)
    density = lambda x: np.exp(-0.5 * ((at[:, None] - x) / width) ** 2).mean(1) / (width * np.sqrt(2 * np.pi))
    return float(np.minimum(density(a), density(b)).sum() * (at[1] - at[0]))


def compare(made, held, signature):
    x, y = ([f for f in (features(m, signature) for m in each) if f] for each in (made, held))
    out = {}
    for name in x[0]:
        a, b = [f[name] for f in x], [f[name] for f in y]
        out[name] = {"overlapped_area": round(overlapped_area(a, b), 3), "made": [round(np.mean(a), 3), round(np.std(a), 3)],
                     "held_out": [round(np.mean(b), 3), round(np.std(b), 3)]}
    return out


def draw_pieces(kept, seed, count=PIECES, signature=windows.FOUR):
    """Pieces of the whole length, of one key each."""
    rng, pieces = np.random.default_rng(seed), []
    while len(pieces) < count:
        piece = kept.draw(rng, signature, BARS * g.BAR_STEPS[signature])
        if len(piece.melody) == BARS * g.BAR_STEPS[signature]:
            pieces.append(piece)
    return pieces


FIELDS = (g.BAR_DENSITY, g.DENSITY, g.KEY, g.LOW, g.BARS_LEFT, g.TEMPO, g.STYLE)


def grids_of(pieces, seed, mode, chords, told):
    """told: the fields that are told; the others are unknown."""
    rng = np.random.default_rng(seed)
    grids, melodies, given_chords = [], [], []
    for piece in pieces:
        grid, hide, hide_chords = windows.conditions(piece, rng, mode=mode, chords=chords, told=1.0)
        for field in range(g.BAR_DENSITY, len(g.GRID_FIELDS)):
            if field not in told:
                grid[:, field] = 0
        grids.append(grid)
        melodies.append(np.where(hide, sample.UNKNOWN, piece.melody))
        given_chords.append(np.where(hide_chords, sample.UNKNOWN, piece.chords))
    return np.stack(grids), np.stack(melodies), np.stack(given_chords)


def write(network, pieces, seed, mode="new", chords="hidden", told=(), **how):
    grids, melody, given = grids_of(pieces, seed, mode, chords, told)
    made = sample.sample(network, grids, pieces[0].signature, melody, given, np.random.default_rng(seed + 1), **how)
    return grids, made


def chord_tones(melody, chords, spacing):
    """Share of notes begun on a place of chords that belong to the chord."""
    inside = count = 0
    for m, c in zip(melody, chords):
        for s in range(0, len(m), spacing):
            if m[s] >= ONSET and c[s] > 0:
                root, quality = divmod(int(c[s]) - 1, 10)
                inside += (int(m[s]) - ONSET + LOWEST - root) % 12 in TONES[quality]
                count += 1
    return round(inside / max(1, count), 3)


def in_key(melody, keys):
    inside = count = 0
    for m, key in zip(melody, keys):
        pitches = m[m >= ONSET] - ONSET + LOWEST
        scale = [((key - 1) % 12 + s) % 12 for s in (MAJOR if key <= 12 else MINOR)]
        inside, count = inside + np.isin(pitches % 12, scale).sum(), count + len(pitches)
    return round(float(inside / count), 4)


def following(network, pieces, seed):
    """How far conditions are followed by the network alone, without the daemon's rules."""
    out = {}
    asked = [p.key for p in pieces]
    grids, (melody, _, _) = write(network, pieces, seed, told=(g.KEY,))
    out["notes_in_key_asked"] = in_key(melody, asked)
    out["notes_in_key_held_out"] = in_key([p.melody for p in pieces], asked)
    _, (melody, _, _) = write(network, pieces, seed, told=())
    out["notes_in_that_key_unasked"] = in_key(melody, asked)
    grids, (melody, _, _) = write(network, pieces, seed, told=(g.KEY, g.DENSITY))
    notes = (melody.reshape(len(pieces), BARS, -1) >= ONSET).sum(2)
    means = np.array([n[n > 0].mean() if n.any() else 0 for n in notes])
    bucket = np.array([g.density_bucket(n, 16) for n in means])
    off = np.abs(bucket - grids[:, 0, g.DENSITY])
    out["density_bucket_met"], out["density_bucket_within_one"] = round(float((off == 0).mean()), 3), round(float((off <= 1).mean()), 3)
    grids, (melody, _, _) = write(network, pieces, seed, told=(g.KEY, g.BAR_DENSITY))
    notes = (melody.reshape(len(pieces), BARS, -1) >= ONSET).sum(2)
    off = np.abs(np.vectorize(g.density_bucket)(notes, 16) - grids[:, ::16, g.BAR_DENSITY])
    out["bar_density_met"], out["bar_density_within_one"] = round(float((off == 0).mean()), 3), round(float((off <= 1).mean()), 3)
    grids, (melody, _, _) = write(network, pieces, seed, told=(g.KEY, g.LOW, g.HIGH))
    lowest = LOWEST + 3 * (grids[:, :, g.LOW] - 1)
    highest = LOWEST + 3 * grids[:, :, g.HIGH] - 1
    pitch = melody - ONSET + LOWEST
    note = melody >= ONSET
    out["notes_in_range_asked"] = round(float(((pitch >= lowest) & (pitch <= highest))[note].mean()), 4)
    _, (melody, chords, _) = write(network, pieces, seed, chords="given", told=(g.KEY,))
    out["chord_tones_on_beats"] = {"chords_given": chord_tones(melody, chords, 4)}
    _, (melody, chords, _) = write(network, pieces, seed, told=(g.KEY,))
    out["chord_tones_on_beats"]["chords_written"] = chord_tones(melody, chords, 4)
    _, (melody, chords, _) = write(network, pieces, seed, mode="harmonise", told=(g.KEY,))
    out["chord_tones_on_beats"]["chords_for_held_out_melody"] = chord_tones(melody, chords, 4)
    held = [p.melody for p in pieces], [p.chords for p in pieces]
    out["chord_tones_on_beats"]["held_out"] = chord_tones(*held, 4)
    out["chord_tones_on_beats"]["held_out_chords_of_another_song"] = chord_tones(held[0], held[1][1:] + held[1][:1], 4)
    return out


def likelihoods(network, pieces, seed):
    """Nats a cell of those to be written; conditions drawn as in training."""
    out = {}
    for name, how in {"mixed": {}, "new": {"mode": "new", "chords": "hidden"}, "chords given": {"mode": "new", "chords": "given"},
                      "infill": {"mode": "infill", "chords": "with melody"}, "harmonise": {"mode": "harmonise", "chords": "hidden"}}.items():
        rng = np.random.default_rng(seed)
        rows = [windows.row(piece, rng, **how) for piece in pieces]
        batches = [windows.batch_of(rows[i:i + 16]) for i in range(0, len(rows), 16)]
        scores = {"all": grid_training.mean_nll(network, batches)}
        for kind, value in (("melody", 0), ("chords", 1)):
            parts = [{**b, "weight": b["weight"] * (b["token"][:, :, g.KIND] == value)} for b in batches]
            if sum(float(b["weight"].sum()) for b in parts) > 0:
                scores[kind] = grid_training.mean_nll(network, parts)
        out[name] = {k: round(v, 4) for k, v in scores.items()}
    network.eval()
    return out


def tables(scores):
    """The card's, in Markdown."""
    names = ("pitch_class_entropy", "scale_consistency", "range", "notes_a_bar")
    lines = ["Overlapped area with %d held-out pieces of %d bars (in brackets: mean of what was made, mean held out)." %
             (scores["pieces"], scores["bars"]), "", "| told | entropy | scale | range | notes a bar |", "|---|---|---|---|---|"]
    for told, row in scores["features"].items():
        cells = ["**%.2f** (%.2f, %.2f)" % (row[n]["overlapped_area"], row[n]["made"][0], row[n]["held_out"][0]) for n in names]
        lines.append("| %s | %s |" % (told, " | ".join(cells)))
    lines += ["", "| nats a cell to be written | all | melody | chords |", "|---|---|---|---|"]
    for task, row in scores["nats_a_cell"].items():
        lines.append("| %s | %s |" % (task, " | ".join("%.3f" % row[k] if k in row else "" for k in ("all", "melody", "chords"))))
    f = scores["following"]
    tones = f["chord_tones_on_beats"]
    percent = lambda x: "%.1f %%" % (100 * x)
    lines += ["", "| how far the network alone follows | |", "|---|---|"]
    for text, value in (
            ("notes in the key asked for (held-out songs in theirs; not asked for)", (f["notes_in_key_asked"], f["notes_in_key_held_out"], f["notes_in_that_key_unasked"])),
            ("density: bucket of seven met, within one", (f["density_bucket_met"], f["density_bucket_within_one"])),
            ("density of each bar: met, within one", (f["bar_density_met"], f["bar_density_within_one"])),
            ("notes in the range asked for, to three semitones", (f["notes_in_range_asked"],)),
            ("notes on beats that are tones of a chord given (held-out; held-out under another song's chords)",
             (tones["chords_given"], tones["held_out"], tones["held_out_chords_of_another_song"])),
            ("the same, chords written with the melody; chords written for a held-out melody",
             (tones["chords_written"], tones["chords_for_held_out_melody"])),
            ("bars that begin with a note, made and held out: 3/4", tuple(scores["features"]["3/4"]["bars_begun_with_a_note"].values())),
            ("5/4", tuple(scores["features"]["5/4"]["bars_begun_with_a_note"].values())),
            ("6/8", tuple(scores["features"]["6/8"]["bars_begun_with_a_note"].values()))):
        lines.append("| %s | %s |" % (text, ", ".join(map(percent, value))))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pop909")
    parser.add_argument("chorales")
    parser.add_argument("--cache", default="/tmp/continuo-melody-songs.npy")
    parser.add_argument("--weights", default=os.path.join(HERE, "melody.safetensors"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--out", help="scores alone, not those of the package")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network, _ = load_safetensors(arguments.weights)
    everything = [s for s in songs.load(arguments.pop909, arguments.chorales, arguments.cache) if s["split"] == arguments.split]
    pop = windows.Songs([s for s in everything if s["style"] == songs.POP])
    bach = windows.Songs([s for s in everything if s["style"] == songs.CHORALE])
    pieces, others = draw_pieces(pop, 11), draw_pieces(pop, 12)
    held = [p.melody for p in pieces]
    told = (g.KEY, g.DENSITY, g.LOW, g.HIGH, g.TEMPO, g.STYLE, g.BARS_LEFT)
    scores = {"split": arguments.split, "pieces": PIECES, "bars": BARS, "parameters": network.parameter_count(),
              "temperature": sample.TEMPERATURE, "top_p": sample.TOP_P}
    scores["nats_a_cell"] = likelihoods(network, pieces + others, 21)
    areas = {"ceiling": compare([p.melody for p in others], held, windows.FOUR)}
    for name, how in {"style alone": {"told": (g.STYLE,)}, "key, density, range, tempo, style": {"told": told},
                      "the same, notes begun as often as the network has it": {"told": told, "begin": 0.0},
                      "that and chords": {"told": told, "chords": "given"},
                      "that, continue": {"mode": "continue", "chords": "with melody", "told": told},
                      "that, infill": {"mode": "infill", "chords": "with melody", "told": told}}.items():
        _, (melody, _, _) = write(network, pieces, 31, **how)
        areas[name] = compare(melody, held, windows.FOUR)
        print(name, {k: v["overlapped_area"] for k, v in areas[name].items()}, flush=True)
    scores["features"] = areas
    scores["following"] = following(network, pieces, 41)
    for name, kept, signature in (("3/4", pop, windows.THREE), ("5/4", pop, windows.FIVE), ("6/8", pop, windows.SIX),
                                  ("chorale", bach, windows.FOUR)):
        some = draw_pieces(kept, 13, 64, signature)
        _, (melody, _, _) = write(network, some, 51, told=told)
        ones = lambda each: round(float(np.mean([m[::g.BAR_STEPS[signature]] >= ONSET for m in each])), 3)
        scores["features"][name] = {**compare(melody, [p.melody for p in some], signature),
                                    "bars_begun_with_a_note": {"made": ones(melody), "held_out": ones([p.melody for p in some])}}
    if arguments.out:
        with open(arguments.out, "w") as f:
            json.dump(scores, f, indent=1)
    else:
        evaluation.publish(HERE, scores, tables(scores))
    print(tables(scores))


if __name__ == "__main__":
    main()
