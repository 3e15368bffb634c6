#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains and exports `drive` at one rate.

  nice -n 5 ./train.py --rate 48000 --minutes 40
  nice -n 5 ./train.py --rate 44100 --minutes 40 [--from /tmp/continuo-drive/48000/last.ckpt]
  ./train.py --rate 48000 --export-only        # from the best checkpoint
  ./train.py --rate 48000 --quick              # everything in about a minute, as a smoke test

Data and checkpoints go to --work (default /tmp/continuo-drive); a run that finds its own
checkpoint there goes on from it. The tree gets drive-<rate>.pt and training-log-<rate>.csv
(not in --quick, which leaves both under --work).
"""

import argparse
import csv
import os
import time

import numpy as np
import torch
from scipy import signal

import circuit
import network
import signals

HERE = os.path.dirname(os.path.abspath(__file__))
SEGMENT_S = 0.5


def build_set(seed, count, rate, n, chunk=512):
    """Couplings' outputs, targets and knobs of `count` segments: dict of float32 arrays."""
    (bu, au), (bc, ac) = network.input_filters(rate)
    out = {k: [] for k in ("u", "c", "rf", "y", "k")}
    for first in range(0, count, chunk):
        x, drive, tone, _ = signals.segments(seed, first, min(chunk, count - first), n, rate)
        before, _ = circuit.simulate(x, drive, tone, rate)
        u = signal.lfilter(bu, au, x, axis=1)
        c = signal.lfilter(bc, ac, x, axis=1)
        knobs, rf = network.knob_features(drive[:, 0], tone[:, 0])
        out["u"].append(u.astype(np.float32))
        out["c"].append(c.astype(np.float32))
        out["rf"].append(rf.astype(np.float32))
        out["y"].append(before.astype(np.float32))
        out["k"].append(knobs.astype(np.float32))
    return {k: np.concatenate(v) for k, v in out.items()}


def load_set(work, name, seed, count, rate, n):
    path = os.path.join(work, "%s-%d-%d.npz" % (name, rate, count))
    if not os.path.exists(path):
        start = time.time()
        data = build_set(seed, count, rate, n)
        np.savez(path + ".tmp.npz", **data)
        os.replace(path + ".tmp.npz", path)
        print("built %s in %.0f s" % (path, time.time() - start), flush=True)
    with np.load(path) as z:
        data = {k: torch.from_numpy(z[k]) for k in z.files}
    # The network's inputs, as network.Pedal computes them.
    u, c, rf = data.pop("u"), data.pop("c"), data.pop("rf")
    f = torch.empty(len(u), network.FEATURES, n)
    f[:, 0], f[:, 1] = u * network.INPUT_GAIN, c * network.INPUT_GAIN
    w = torch.tensor(network.phase_filters(), dtype=torch.float32)[:, None]
    for i in range(0, count, 64):
        p = torch.nn.functional.pad(c[i:i + 64, None], (w.shape[2] - 1, 0))
        f[i:i + 64, 2:] = network.quasi_static(torch.nn.functional.conv1d(p, w), rf[i:i + 64, None, None])
    data["f"] = f
    late = network.LATENCY_FRAMES
    data["y"] = torch.nn.functional.pad(data["y"], (late, 0))[:, :n]
    return data


def pre_emphasis(y):
    return y[:, 1:] - 0.85 * y[:, :-1]


def crops(data, idx, at, frames, field):
    f = torch.stack([data["f"][i, :, a - field + 1:a + frames] for i, a in zip(idx, at)])
    y = torch.stack([data["y"][i, a:a + frames] for i, a in zip(idx, at)])
    return f, y, data["k"][idx]


def loss_of(pred, y, floor):
    """Mean over crops of the normalised error, plain and pre-emphasised, and a DC term."""
    e = pred - y
    plain = (e * e).mean(1) / ((y * y).mean(1) + floor)
    pe, py = pre_emphasis(e), pre_emphasis(y)
    emph = (pe * pe).mean(1) / ((py * py).mean(1) + 0.05 * floor)
    dc = e.mean(1) ** 2 / ((y * y).mean(1) + floor)
    # sqrt: a few hard crops must not drown the many easy ones, nor the other way round.
    return (torch.sqrt(plain + 1e-6) + 0.5 * torch.sqrt(emph + 1e-6) + 0.5 * torch.sqrt(dc + 1e-8)).mean(), plain


def validate(student, data, field):
    """Plain ESR of each validation segment (still at rest before the first frame)."""
    out = []
    with torch.no_grad():
        for i in range(0, len(data["y"]), 16):
            f = torch.nn.functional.pad(data["f"][i:i + 16], (field - 1, 0))
            e = student(f, data["k"][i:i + 16]) - data["y"][i:i + 16]
            out.append((e * e).sum(1) / ((data["y"][i:i + 16] ** 2).sum(1) + 1e-9))
    return torch.cat(out).numpy()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rate", type=int, default=48000)
    p.add_argument("--minutes", type=float, default=40.0)
    p.add_argument("--work", default="/tmp/continuo-drive")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--segments", type=int, default=1536)
    p.add_argument("--frames", type=int, default=1024)
    p.add_argument("--batch", type=int, default=24)
    p.add_argument("--lr", type=float, default=5e-3)
    p.add_argument("--channels", type=int, default=12)
    p.add_argument("--kernels", default="10,8,8,8,8")
    p.add_argument("--dilations", default="1,2,6,16,32")
    p.add_argument("--linear", default="4", help="layers without tanh")
    p.add_argument("--from", dest="source", help="checkpoint to start the weights from")
    p.add_argument("--name", default="", help="trial name: keeps all output under --work")
    p.add_argument("--export-only", action="store_true")
    p.add_argument("--quick", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    valid_count = 192
    n = int(SEGMENT_S * a.rate)
    if a.quick:
        a.segments, valid_count, a.minutes, a.name, n = 96, 24, 0.4, "quick", a.rate // 8
    work = os.path.join(a.work, a.name + str(a.rate))
    os.makedirs(work, exist_ok=True)
    tree = work if a.name else HERE
    ckpt, best_path = os.path.join(work, "last.ckpt"), os.path.join(work, "best.ckpt")
    if a.quick and os.path.exists(ckpt):
        os.remove(ckpt)

    ints = lambda s: tuple(int(v) for v in s.split(",") if v)
    cfg = network.Config(a.channels, ints(a.kernels), ints(a.dilations), linear=ints(a.linear))
    if a.export_only:
        b = torch.load(best_path)
        student = network.Student(b["config"])
        student.load_state_dict(b["model"])
        network.export(student, a.rate, os.path.join(tree, "drive-%d.pt" % a.rate))
        print("exported, validation ESR %.3f %%" % b["esr"])
        return

    data_dir = work if a.quick else a.work
    train = load_set(data_dir, "train", signals.TRAIN_SEED, a.segments, a.rate, n)
    valid = load_set(data_dir, "valid", signals.VALID_SEED, valid_count, a.rate, n)
    student = network.Student(cfg)
    field = cfg.receptive_field()
    print("%d weights, receptive field %d frames" % (sum(q.numel() for q in student.parameters()), field), flush=True)
    optimiser = torch.optim.Adam(student.parameters(), lr=a.lr, betas=(0.9, 0.98))
    rng = np.random.default_rng(a.seed)
    step, spent, best = 0, 0.0, 1e9
    rows = []
    if os.path.exists(ckpt):
        b = torch.load(ckpt)
        student.load_state_dict(b["model"])
        optimiser.load_state_dict(b["optimiser"])
        step, spent, best, rows = b["step"], b["spent"], b["best"], b["rows"]
        rng = np.random.default_rng([a.seed, step])
        print("resumed at step %d, %.1f min" % (step, spent / 60), flush=True)
    elif a.source:
        student.load_state_dict(torch.load(a.source)["model"])
    log_path = os.path.join(tree, "training-log-%d.csv" % a.rate)
    power = (train["y"] ** 2).mean(1)
    # Quiet crops count fully down to a fifth of their own segment's power, never below -90 dBFS.
    floor = 0.2 * power + 1e-9
    pad = torch.nn.functional.pad
    train["f"] = pad(train["f"], (field - 1, 0))
    train["y"] = pad(train["y"], (field - 1, 0))
    total = a.minutes * 60
    mark, next_valid, running, count = time.time(), spent + (5 if a.quick else 75), 0.0, 0
    while spent < total:
        progress = spent / total
        lr = a.lr * (min(1, (step + 1) / 200) * (0.5 * (1 + np.cos(np.pi * progress)) * 0.99 + 0.01))
        for group in optimiser.param_groups:
            group["lr"] = lr
        idx = torch.from_numpy(rng.integers(0, len(train["y"]), a.batch))
        at = rng.integers(field - 1, field - 1 + n - a.frames, a.batch)
        f, y, k = crops(train, idx, at, a.frames, field)
        loss, _ = loss_of(student(f, k), y, floor[idx])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        step += 1
        running += float(loss.detach())
        count += 1
        now = time.time()
        spent += now - mark
        mark = now
        if spent >= next_valid or spent >= total:
            esr = 100 * validate(student, valid, field)
            row = {"step": step, "minutes": round(spent / 60, 2), "lr": round(lr, 6),
                   "train_loss": round(running / count, 5), "valid_esr_mean_percent": round(float(esr.mean()), 4),
                   "valid_esr_median_percent": round(float(np.median(esr)), 4),
                   "valid_esr_max_percent": round(float(esr.max()), 3)}
            rows.append(row)
            print(row, flush=True)
            with open(log_path, "w", newline="") as out:
                w = csv.DictWriter(out, list(row))
                w.writeheader()
                w.writerows(rows)
            state = {"model": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
                     "spent": spent, "best": min(best, esr.mean()), "rows": rows, "config": cfg, "esr": esr.mean()}
            torch.save(state, ckpt + ".tmp")
            os.replace(ckpt + ".tmp", ckpt)
            if esr.mean() < best:
                best = esr.mean()
                torch.save(state, best_path)
            running, count = 0.0, 0
            next_valid = spent + (5 if a.quick else 75)
            mark = time.time()
    b = torch.load(best_path)
    student.load_state_dict(b["model"])
    network.export(student, a.rate, os.path.join(tree, "drive-%d.pt" % a.rate))
    print("exported; best validation ESR %.3f %%" % best)


if __name__ == "__main__":
    main()
