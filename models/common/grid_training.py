# SPDX-License-Identifier: Apache-2.0
"""Trains a GridTransformer for a given processor time; a run that finds its checkpoint goes on from it.

A batch is a dict of tensors: grid (B, T, F), token (B, N, G), step and position (B, N), target (B, N),
and weight (B, N), 0 for the cells that stand and are not to be learnt.
"""

import csv
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

LEARNING_RATE, WARM_UP_STEPS, WEIGHT_DECAY, CLIP, AVERAGE = 2e-3, 200, 0.05, 1.0, 0.999


def loss_of(network, batch):
    """(sum of the weighted negative log likelihood in nats, sum of weights)."""
    logits = network(batch["grid"], batch["token"], batch["step"], batch["position"])
    nll = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten(), reduction="none")
    weight = batch["weight"].flatten()
    return (nll * weight).sum(), weight.sum()


def mean_nll(network, batches, loss=loss_of):
    """Nats a cell over all batches."""
    network.eval()
    total = count = 0.0
    with torch.no_grad():
        for batch in batches:
            nll, weight = loss(network, batch)
            total, count = total + float(nll), count + float(weight)
    network.train()
    return total / count


def train(network, make_batch, validations, folder, minutes, seed, log_every=200, until=None, loss=loss_of,
          average_by=AVERAGE):
    """make_batch(rng): a batch; validations: {name: list of batches}, the first of which chooses the weights kept;
    minutes: of processor time; until: a time.time() by which the rate has fallen too, on a machine that is shared;
    loss: in the place of loss_of; average_by: what the running average of the weights keeps in a step.
    Writes folder/{last,best}.pt and log.csv; the network is left with the best."""
    torch.set_num_threads(1)
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    decay = [p for p in network.parameters() if p.dim() > 1]
    plain = [p for p in network.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW([{"params": decay, "weight_decay": WEIGHT_DECAY},
                                   {"params": plain, "weight_decay": 0.0}], lr=LEARNING_RATE, betas=(0.9, 0.98))
    average = {k: v.clone() for k, v in network.state_dict().items()}
    state = {"step": 0, "spent": 0.0, "best": math.inf, "cells": 0}
    last, best = os.path.join(folder, "last.pt"), os.path.join(folder, "best.pt")
    if os.path.exists(last):
        kept = torch.load(last)
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        average, state = kept["average"], kept["state"]
        rng = np.random.default_rng(seed + state["step"])
        print("going on from step", state["step"], flush=True)
    began, before, logged = time.process_time(), state["spent"], 0.0
    started = time.time()
    done = before / (60 * minutes)
    network.train()
    while True:
        state["spent"] = before + time.process_time() - began
        share = state["spent"] / (60 * minutes)
        if until:
            share = max(share, done + (1 - done) * (time.time() - started) / (until - started))
        share = min(1.0, share)
        rate = LEARNING_RATE * min(1.0, (state["step"] + 1) / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = make_batch(rng)
        nll, weight = loss(network, batch)
        optimiser.zero_grad(set_to_none=True)
        (nll / weight).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        state["step"] += 1
        state["cells"] += int(weight)
        logged += float(nll / weight)
        with torch.no_grad():
            pace = min(average_by, (1 + state["step"]) / (10 + state["step"]))
            for k, v in network.state_dict().items():
                average[k].lerp_(v, 1 - pace)
        if state["step"] % log_every and share < 1:
            continue
        present = {k: v.clone() for k, v in network.state_dict().items()}
        network.load_state_dict(average)
        scores = {name: mean_nll(network, batches, loss) for name, batches in validations.items()}
        first = next(iter(scores.values()))
        if first < state["best"]:
            state["best"] = first
            torch.save({"network": average, "state": dict(state), "scores": scores}, best + ".new")
            os.replace(best + ".new", best)
        network.load_state_dict(present)
        row = {"step": state["step"], "minutes": round(state["spent"] / 60, 2), "cells": state["cells"],
               "train": round(logged / ((state["step"] - 1) % log_every + 1), 4),
               **{k: round(v, 4) for k, v in scores.items()}}
        logged = 0.0
        print(row, flush=True)
        path = os.path.join(folder, "log.csv")
        new = not os.path.exists(path)
        with open(path, "a", newline="") as f:
            writer = csv.DictWriter(f, row.keys(), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
        torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average,
                    "state": state}, last + ".new")
        os.replace(last + ".new", last)
        if share >= 1:
            break
    network.load_state_dict(torch.load(best)["network"])
    return network.eval()
