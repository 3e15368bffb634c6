#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores of the weights that ship, on the data's own test split.

  OPENBLAS_NUM_THREADS=1 ./evaluate.py --data groove [--work work]     writes scores.json

Reference: 256 of the test split's beats in 4/4, cut into 4 bars. Generated: as many, each told the style, tempo and density
of one of them ("told"), or style and tempo alone ("free"). Features of a pattern: hits a bar; polyphony, mean hits of steps
with any; groove consistency, 1 - Hamming distance of the onset grids of neighbouring bars on the 16th grid; mean and
spread of velocity. Overlapped area: the integral of the lesser of two Gaussian kernel density estimates. Its ceiling
is that of the validation split against the test split. Spreads are standard deviations, of timing in 16ths.
Style is followed as far as a classifier (softmax regression on the train split's patterns) tells it.
"""

import argparse
import json
import os
import sys

import numpy as np
import torch
from scipy.stats import gaussian_kde

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import cells  # noqa: E402
import data  # noqa: E402
import grid_transformer  # noqa: E402
import sample  # noqa: E402

BARS, BATCH, SEED, LARGEST_SET = 4, 128, 31, 256


def segments(pieces, split, fill=False, bar=16):
    """Every `BARS` bars of the beats of a split that have hits in each bar."""
    found = []
    for p in pieces:
        if p.split == split and p.fill == fill and p.bar == bar:
            for first in range(0, p.bars - BARS + 1, BARS):
                s = data.Segment(p, first, BARS)
                if (s.velocity.reshape(BARS, -1) > 0).any(1).all():
                    found.append(s)
    return found


def features(velocity, bar=16):
    onset = (velocity > 0).any(1)
    grid = onset.reshape(-1, bar)
    struck = velocity[velocity > 0].astype(float)
    return {"hits_a_bar": cells.density_of(velocity) * bar / 16,
            "polyphony": (velocity > 0).sum() / max(onset.sum(), 1),
            "groove_consistency": 1 - (grid[1:] != grid[:-1]).mean(),
            "velocity_mean": 8 * (struck.mean() - 0.5), "velocity_spread": 8 * struck.std()}


def overlapped_area(a, b):
    margin = 3 * np.std(np.concatenate([a, b]))
    at = np.linspace(min(a.min(), b.min()) - margin, max(a.max(), b.max()) + margin, 2000)
    return float(np.minimum(gaussian_kde(a)(at), gaussian_kde(b)(at)).sum() * (at[1] - at[0]))


def areas(made, reference):
    a, b = [features(v) for v in made], [features(v) for v in reference]
    return {k: round(overlapped_area(np.array([f[k] for f in a]), np.array([f[k] for f in b])), 3) for k in a[0]}


def timing(velocity, offset):
    """Offsets of the hits, in 16ths."""
    return (np.asarray(offset)[np.asarray(velocity) > 0].astype(float) - cells.OFFSETS // 2) / (cells.OFFSETS - 1)


def generate(network, shown, settings, rng):
    """shown: (grid, velocity, offset, timed) of patterns of one length; gives (velocity, offset) of each."""
    made = []
    for first in range(0, len(shown), BATCH):
        rows = sample.write(network, [sample.Row(*s) for s in shown[first:first + BATCH]], *settings, rng)
        made += [(r.velocity, r.offset) for r in rows]
    return made


def asked(segment, task, rng, untold=()):
    grid = data.conditions(segment)
    grid[:, list(untold)] = 0
    timed = data.tell(grid, segment.velocity, segment.offset,
                      *data.masks(task, len(grid), segment.piece.bar, rng))
    return grid, segment.velocity, segment.offset, timed


def nll(network, found, rng):
    """Nats a cell that is not certain, by task; all conditions told."""
    network.eval()
    scores = {}
    for task in data.TASKS:
        total = count = 0.0
        for first in range(0, len(found), 32):
            batch = data.collate([data.present(s, task, rng, drop=False) for s in found[first:first + 32]])
            with torch.no_grad():
                loss, weight = data.loss_of(network, batch)
            total, count = total + float(loss), count + float(weight)
        scores[task] = round(total / count, 4)
    return scores


def outline(velocity, offset, bpm, bar=16):
    """What a classifier of styles looks at: how often, how loud and how late each voice is by the 16th of a bar."""
    v = velocity.reshape(-1, bar, cells.VOICE_COUNT).astype(np.float32)
    late = np.where(velocity > 0, offset.astype(np.float32) - cells.OFFSETS // 2, 0).reshape(v.shape)
    return np.concatenate([(v > 0).mean(0).ravel(), v.mean(0).ravel() / 16, late.mean(0).sum(1) / 12,
                           [bpm / 100, (bpm / 100) ** 2]]).astype(np.float32)


def classifier(found, styles):
    """A function from outlines to indices into `styles`."""
    x = torch.from_numpy(np.stack([outline(s.velocity, s.offset, s.piece.bpm) for s in found]))
    y = torch.tensor([styles.index(s.piece.style) for s in found])
    mean, spread = x.mean(0), x.std(0) + 0.1
    torch.manual_seed(SEED)
    model = torch.nn.Linear(x.shape[1], len(styles))
    balance = 1 / torch.bincount(y, minlength=len(styles)).float()
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.3)
    for _ in range(400):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model((x - mean) / spread), y, balance / balance.mean()).backward()
        optimiser.step()
    return lambda rows: model((torch.from_numpy(np.stack(rows)) - mean) / spread).argmax(1).numpy()


def style_scores(network, pieces, settings, rng):
    """Accuracy of the classifier on test patterns and on generated ones that were asked for the same styles, the mean
    over styles; tempo told to both, density to neither."""
    test = segments(pieces, "test")
    known = segments(pieces, "train")
    styles = [s for s in cells.STYLES if sum(f.piece.style == s for f in test) >= 8
              and sum(f.piece.style == s for f in known) >= 40]
    test = [f for f in test if f.piece.style in styles]
    test = [test[i] for i in np.sort(rng.permutation(len(test))[:LARGEST_SET])]
    choose = classifier([f for f in known if f.piece.style in styles], styles)
    truth = np.array([styles.index(f.piece.style) for f in test])
    made = generate(network, [asked(f, "new", rng, [cells.DENSITY]) for f in test], settings, rng)
    mean = lambda hit: round(float(np.mean([hit[truth == i].mean() for i in range(len(styles))])), 3)
    real = choose([outline(f.velocity, f.offset, f.piece.bpm) for f in test]) == truth
    ours = choose([outline(v, o, f.piece.bpm) for (v, o), f in zip(made, test)]) == truth
    return {"styles": styles, "patterns": len(test), "accuracy_on_test": mean(real), "accuracy_on_generated": mean(ours),
            "chance": round(1 / len(styles), 3)}


def density_scores(network, found, settings, rng):
    """Hits a bar by the density asked for, everything else as in test patterns."""
    asked_for, got = [], []
    shown = []
    for i, s in enumerate(found):
        grid, *rest = asked(s, "new", rng)
        code = 1 + i % (1 + len(cells.DENSITY_EDGES))
        grid[:, cells.DENSITY] = code
        shown.append((grid, *rest))
        asked_for.append(code)
    for velocity, _ in generate(network, shown, settings, rng):
        got.append(cells.density_of(velocity))
    asked_for, got = np.array(asked_for), np.array(got)
    codes = np.array([cells.density_code(g) for g in got])
    return {"hits_a_bar": [round(float(got[asked_for == c].mean()), 1) for c in range(1, 2 + len(cells.DENSITY_EDGES))],
            "edges": cells.DENSITY_EDGES, "in_the_bucket": round(float((codes == asked_for).mean()), 3),
            "at_most_one_off": round(float((abs(codes - asked_for) <= 1).mean()), 3)}


def humanise_scores(network, found, settings, rng):
    """Test patterns stripped of velocity and timing, and given both anew."""
    made = generate(network, [asked(s, "humanise", rng) for s in found], settings, rng)
    struck = np.concatenate([(s.velocity > 0).ravel() for s in found])
    theirs = np.concatenate([s.velocity.ravel() for s in found])[struck] * 8.0 - 4
    ours = np.concatenate([v.ravel() for v, _ in made])[struck] * 8.0 - 4
    late = [np.concatenate([timing(s.velocity, s.offset) for s in found]), np.concatenate([timing(v, o) for v, o in made])]
    return {"hits_kept": bool(all(((v > 0) == (s.velocity > 0)).all() for (v, _), s in zip(made, found))),
            "timing_spread": round(float(late[1].std()), 4), "timing_spread_of_test": round(float(late[0].std()), 4),
            "timing_spread_ratio": round(float(late[1].std() / late[0].std()), 3),
            "timing_correlation": round(float(np.corrcoef(*late)[0, 1]), 3),
            "velocity_spread_ratio": round(float(ours.std() / theirs.std()), 3),
            "velocity_correlation": round(float(np.corrcoef(ours, theirs)[0, 1]), 3),
            "velocity_area": round(overlapped_area(*[np.array([v[v > 0].mean() * 8.0 - 4 for v in vs])
                                                     for vs in ([s.velocity for s in found], [v for v, _ in made])]), 3)}


def new_scores(network, found, settings, rng, untold=()):
    made = generate(network, [asked(s, "new", rng, untold) for s in found], settings, rng)
    made = [(v, o) for v, o in made if (v > 0).any()]
    late = [timing(s.velocity, s.offset) for s in found], [timing(*m) for m in made]
    theirs, ours = (float(np.concatenate(x).std()) for x in late)
    return {"patterns": len(made), "empty": len(found) - len(made),
            "overlapped_area": areas([v for v, _ in made], [s.velocity for s in found]),
            "means": {k: [round(float(np.mean([features(v)[k] for v in vs])), 2)
                          for vs in ([v for v, _ in made], [s.velocity for s in found])]
                      for k in ("hits_a_bar", "polyphony", "groove_consistency", "velocity_mean", "velocity_spread")},
            "timing_spread": round(ours, 4), "timing_spread_of_test": round(theirs, 4),
            "timing_spread_ratio": round(ours / theirs, 3),
            "timing_area": round(overlapped_area(*(np.array([x.std() for x in one]) for one in late)), 3)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", help="where train.py has cached the data")
    parser.add_argument("--weights", default=os.path.join(HERE, "groove.safetensors"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network, metadata = grid_transformer.load_safetensors(arguments.weights)
    settings = metadata["temperature"], metadata["top_p"]
    pieces = data.load(arguments.data, arguments.work and os.path.join(arguments.work, "pieces.pt"))
    rng = np.random.default_rng(SEED)
    test = segments(pieces, "test")
    some = [test[i] for i in np.sort(rng.permutation(len(test))[:LARGEST_SET])]
    scores = {"parameters": network.parameter_count(), "temperature": settings[0], "top_p": settings[1],
              "reference_patterns": len(some), "test_patterns": len(test)}

    def add(name, value):
        scores[name] = value
        print(name, json.dumps(value), flush=True)

    add("nll_of_test", nll(network, test, rng))
    add("ceiling", areas([s.velocity for s in segments(pieces, "validation")], [s.velocity for s in some]))
    add("told", new_scores(network, some, settings, rng))
    add("free", new_scores(network, some, settings, rng, [cells.DENSITY, cells.FILL]))
    add("humanise", humanise_scores(network, some, settings, rng))
    add("density", density_scores(network, some, settings, rng))
    add("style", style_scores(network, pieces, settings, rng))
    with open(os.path.join(HERE, "scores.json"), "w") as f:
        json.dump(scores, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
