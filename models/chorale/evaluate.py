#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the shipped chorale.safetensors; writes scores.json and the card's table.

  ./evaluate.py --data .../jsb16.npz            everything (some minutes)
  ./evaluate.py --data ... --only likelihood    or: --only samples

Likelihood: nats a cell, teacher-forced, whole pieces in their own key; "blind" tells the network nothing but
the place in the beat, "told" what a request says too (key, length, strong beats).
Samples: one piece for each of the test set's, told its key, length and strong beats; "new" is given nothing,
"harmony" the soprano. Each with the voice-leading rules of sample.py and without. Metrics are of metrics.py, areas with the test set. The test set's pieces are here cut to the longest of
LENGTHS that they have.
"""

import argparse
import json
import os
import sys

import train  # first: before numpy is loaded, it sets what numpy and torch read

import numpy as np
import torch

import data
import evaluation
import grid_training
import metrics
import sample
from grid_transformer import load_safetensors

HERE = train.HERE
TOLD = ("strength", "beats_left", "key")
SEED = 20261
LENGTHS = (96,)  # steps: six bars


def likelihoods(network, found):
    out = {}
    for name in ("valid", "test"):
        pieces = [data.Piece(p) for p in found[name]]
        for task, given in (("all voices", ()), ("melody given", (0,))):
            for told, known in (("blind", ()), ("told", TOLD)):
                value = grid_training.mean_nll(network, train.validation(pieces, given, known))
                out["%s, %s, %s" % (name, task, told)] = round(value, 4)
                print(name, task, told, out["%s, %s, %s" % (name, task, told)], flush=True)
    return out


def given_of(task, steps):
    given = np.zeros((steps, data.VOICES), bool)
    if task == "harmony":
        given[:, 0] = True
    return given


def cut(pitches):
    """The piece's beginning, with the key and the strong beats of the whole."""
    whole = data.Piece(pitches)
    piece = data.Piece(pitches[:max(n for n in LENGTHS if n <= len(pitches))])
    piece.key, piece.strength = whole.key, whole.strength[:len(piece.pitches)]
    return piece


def written(network, pieces, task, penalty, temperature=sample.TEMPERATURE, top_p=sample.TOP_P):
    """int[steps][4] for each of `pieces`; those of one length are written together."""
    out = []
    for steps in LENGTHS:
        some = [p for p in pieces if len(p.pitches) == steps]
        given = given_of(task, steps)
        if some:
            out += list(sample.write(network, np.stack([p.example(given=given, known=TOLD)["grid"] for p in some]),
                                     np.stack([np.where(given, data.value_of(p.pitches), data.NONE) for p in some]),
                                     np.stack([p.strength for p in some]), SEED + steps, temperature, top_p, penalty))
    return out


def samples(network, found, tasks=("new", "harmony")):
    pieces = [cut(p) for p in found["test"]]
    test = [p.pitches for p in pieces]
    out = {}
    for task in tasks:
        for name, penalty in (("rules", sample.PENALTY), ("no rules", 0.0)):
            out["%s, %s" % (task, name)] = metrics.summary(written(network, pieces, task, penalty), test)
            print(task, name, json.dumps(out["%s, %s" % (task, name)]), flush=True)
    out["Bach, train against test"] = metrics.summary([cut(p).pitches for p in found["train"]], test)
    return out


def card(scores):
    lines = ["Likelihood, nats a cell:", "", "| | blind | told |", "|---|---|---|"]
    for name in ("valid", "test"):
        for task in ("all voices", "melody given"):
            found = [scores["nll"].get("%s, %s, %s" % (name, task, told)) for told in ("blind", "told")]
            row = ["%.4f" % value if value else "not measured" for value in found]
            lines.append("| %s, %s | %s |" % (name, task, " | ".join(row)))
    areas = list(next(iter(scores["samples"].values()))["overlapped_area"])
    lines += ["", "Samples, %d pieces a row; areas with the test set:" % scores["samples"]["new, rules"]["pieces"], "",
              "| | parallels a change | crossings a step | " + " | ".join(a.replace("_", " ") for a in areas) + " |",
              "|---|---|---|" + "---|" * len(areas)]
    for name, s in scores["samples"].items():
        cells = ["%.4f" % s["parallels"], "%.4f" % s["crossings"]] + ["%.2f" % s["overlapped_area"][a] for a in areas]
        lines.append("| %s | %s |" % (name, " | ".join(cells)))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", choices=("likelihood", "samples"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = data.load(arguments.data)
    network, _ = load_safetensors(os.path.join(HERE, "chorale.safetensors"))
    made = {"sampling": {"temperature": sample.TEMPERATURE, "top_p": sample.TOP_P, "penalty": sample.PENALTY}}
    if arguments.only != "samples":
        made["nll"] = likelihoods(network, found)
    if arguments.only != "likelihood":
        made["samples"] = samples(network, found)
    path = os.path.join(HERE, "scores.json")
    scores = {}
    if os.path.exists(path):  # what another run has made
        with open(path) as f:
            scores = json.load(f)
    scores.update(made)
    if {"nll", "samples"} <= set(scores):
        evaluation.publish(HERE, scores, card(scores))
    else:
        with open(path, "w") as f:
            json.dump(scores, f)


if __name__ == "__main__":
    main()
