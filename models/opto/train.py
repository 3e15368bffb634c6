#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains `opto`, at 48 kHz (other rates take its weights: network.block_frames).

  nice -n 5 ./train.py --rate 48000 --minutes 40

Truncated back-propagation: a batch of long programs is read in chunks, the state goes on from
chunk to chunk. Data and checkpoints go to --work; a run that finds its own checkpoint there
goes on from it. The tree gets training-log-<rate>.csv.
"""

import argparse
import os
import sys
import time

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import circuit  # noqa: E402
import network  # noqa: E402
import signals  # noqa: E402
import tcn  # noqa: E402

SECONDS = 6.0
KNOBS = [signals.bands(0.35), signals.bands(0.65)]  # reduction, limit
CHUNK = 300  # blocks


def frames_of(rate, seconds=SECONDS):
    d = network.block_frames(rate)
    return int(seconds * rate) // d * d


def programs(seed, count, rate, seconds=SECONDS, test=False):
    n = frames_of(rate, seconds)
    x, knobs = np.zeros((count, n)), np.zeros((2, count, 1))
    draw = signals.test_knob if test else signals.train_knob
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        knobs[:, i, 0] = [draw(rng, bands) for bands in KNOBS]
        x[i] = signals.phrases(rng, n, rate)
    return x, knobs[0], knobs[1]


def build_set(seed, count, rate):
    x, reduction, limit = programs(seed, count, rate)
    print("programs made", flush=True)
    gain = circuit.simulate(x, reduction, limit, rate)
    d = network.BLOCK_FRAMES
    ends = np.log(gain[:, d - 1::d])
    target = np.concatenate([ends[:, 2:], ends[:, -1:], ends[:, -1:]], 1)
    # How much of the programme's energy the gain of the next block will act on.
    power = ((x * gain) ** 2).reshape(count, -1, d).mean(2)
    weight = np.concatenate([power[:, 1:], power[:, -1:]], 1)
    weight = np.minimum(weight / (power.mean(1, keepdims=True) + 1e-12), 5)
    return {"u": network.block_features(x, reduction, limit).astype(np.float32),
            "t": target.astype(np.float32), "w": weight.astype(np.float32)}


def esr(prediction, target, weight):
    """Percent, as if the gain were constant over a block."""
    e = torch.exp(prediction - target) - 1
    return 100 * (e * e * weight).sum(1) / (weight.sum(1) + 1e-9)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rate", type=int, default=48000)
    p.add_argument("--minutes", type=float, default=40.0)
    p.add_argument("--work", default="/tmp/continuo-opto")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--programs", type=int, default=384)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--hidden", type=int, default=16)
    p.add_argument("--lr", type=float, default=5e-3)
    p.add_argument("--from", dest="source", help="checkpoint to start the weights from")
    p.add_argument("--quick", action="store_true", help="everything in about a minute, as a smoke test")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    valid_count = 64
    if a.quick:
        a.programs, valid_count, a.minutes, a.work, a.batch = 16, 8, 0.3, os.path.join(a.work, "quick"), 16
    work = os.path.join(a.work, str(a.rate))
    os.makedirs(work, exist_ok=True)
    log_path = os.path.join(work if a.quick else HERE, "training-log-%d.csv" % a.rate)
    data = {}
    for name, seed, count in (("valid", signals.VALID_SEED, valid_count), ("train", signals.TRAIN_SEED, a.programs)):
        found = tcn.cached(os.path.join(work, "%s-%d.npz" % (name, count)), lambda: build_set(seed, count, a.rate))
        data[name] = {k: torch.from_numpy(v) for k, v in found.items()}
    train, valid = data["train"], data["valid"]
    student = network.Student(a.hidden)
    optimiser = torch.optim.Adam(student.parameters(), lr=a.lr, betas=(0.9, 0.98))
    ckpt, best_path = os.path.join(work, "last.ckpt"), os.path.join(work, "best.ckpt")
    if a.quick and os.path.exists(ckpt):
        os.remove(ckpt)
    step, spent, best, rows = 0, 0.0, 1e9, []
    if os.path.exists(ckpt):
        b = torch.load(ckpt)
        student.load_state_dict(b["model"])
        optimiser.load_state_dict(b["optimiser"])
        step, spent, best, rows = b["step"], b["spent"], b["best"], b["rows"]
        print("resumed at step %d, %.1f min" % (step, spent / 60), flush=True)
    elif a.source:
        student.load_state_dict(torch.load(a.source)["model"])
    rng = np.random.default_rng([a.seed, step])
    blocks = train["u"].shape[1]
    mark, running, count, next_valid = time.time(), 0.0, 0, spent + (5 if a.quick else 75)
    h, at, idx = None, blocks, None
    while spent < a.minutes * 60:
        if at >= blocks - CHUNK // 2:
            h, at = None, 0
            idx = torch.from_numpy(rng.choice(len(train["u"]), a.batch, replace=False))
        lr = a.lr * (min(1, (step + 1) / 100) * (0.5 * (1 + np.cos(np.pi * spent / (a.minutes * 60))) * 0.99 + 0.01))
        for group in optimiser.param_groups:
            group["lr"] = lr
        part = slice(at, min(at + CHUNK, blocks))
        prediction, h = student(train["u"][idx, part], h)
        h = h.detach()
        at += CHUNK
        e = prediction - train["t"][idx, part]
        weight = 0.3 + train["w"][idx, part]
        loss = ((e * e * weight).sum(1) / weight.sum(1) + 1e-6).sqrt().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimiser.step()
        step += 1
        running += float(loss.detach())
        count += 1
        now = time.time()
        spent += now - mark
        mark = now
        if spent >= next_valid or spent >= a.minutes * 60:
            with torch.no_grad():
                prediction, _ = student(valid["u"])
                each = esr(prediction, valid["t"], valid["w"]).numpy()
                db = float((prediction - valid["t"]).abs().mean()) * 20 / np.log(10)
            rows.append({"step": step, "minutes": round(spent / 60, 2), "lr": round(lr, 6),
                         "train_loss": round(running / count, 5), "valid_esr_mean_percent": round(float(each.mean()), 4),
                         "valid_esr_max_percent": round(float(each.max()), 4), "valid_gain_error_db": round(db, 4)})
            print(rows[-1], flush=True)
            tcn.write_log(log_path, rows)
            state = {"model": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent,
                     "best": min(best, each.mean()), "rows": rows, "hidden": a.hidden, "esr": each.mean()}
            torch.save(state, ckpt + ".tmp")
            os.replace(ckpt + ".tmp", ckpt)
            if each.mean() < best:
                best = each.mean()
                torch.save(state, best_path)
            running, count, next_valid = 0.0, 0, spent + (5 if a.quick else 75)
            mark = time.time()


if __name__ == "__main__":
    main()
