#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains `opto`, at 48 kHz (other rates take its weights: network.block_frames).

  nice -n 5 ./train.py --rate 48000 --minutes 40

Truncated back-propagation: a batch of long programs is read in chunks, the state goes on from
chunk to chunk. Data and checkpoints go to --work; a run that finds its own checkpoint there
goes on from it. The tree gets training-log-<rate>.csv.

The error is that of the sound itself. Over a block the gain goes linearly, as its target nearly does,
so the squared error is a quadratic form of how far off both ends are, plus what no line can
follow: six sums a block (COLUMNS) are exact, and the sound need not be kept.
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
import evaluation  # noqa: E402
import gru  # noqa: E402
import network  # noqa: E402
import signals  # noqa: E402
import tcn  # noqa: E402

SECONDS = 7.0
KNOBS = [signals.bands(0.35), signals.bands(0.65)]  # reduction, limit
HIGH = 6.7  # where every second programme of the training begins: it is there that attacks are steep
CHUNK = 3200  # blocks that the gradient goes back over: 0.8 s, for the sake of the slow carriers
PIECE = 800  # blocks that an error is the root of
FLOOR = 1.0  # what the gain's error weighs where nothing is heard; up to 5 is added where it is loud
GAIN = 2.0  # how much the error of the gain counts beside that of the sound
TOGETHER = 64  # programmes solved at a time
# Of the block that a prediction is for: the log gain at its beginning and end; its share of the programme's energy; and
# the sums over x^2 of (1-t)^2, t(1-t), t^2, (1-t)r, tr and r^2, of the programme's energy a block. t goes from 0 to 1
# over the block, r is what the straight line is beside the gain.
COLUMNS = ("begin", "end", "weight", "bb", "be", "ee", "br", "er", "rr")


def frames_of(rate, seconds=SECONDS):
    d = network.block_frames(rate)
    return int(seconds * rate) // d * d


def moving(rng, n, rate):
    """Both knobs, new positions every half second."""
    steps = np.array([[signals.train_knob(rng, bands) for _ in range(int(np.ceil(2 * n / rate)))] for bands in KNOBS])
    return evaluation.smooth(steps.repeat(rate // 2, axis=1)[:, :n], rate)


def pause(rng, n, rate):
    """A loud sound, silence for seconds, quiet phrases: the whole of a release."""
    begin = int(rate * rng.uniform(0.5, 2.5))
    end = begin + int(rate * rng.uniform(2, 4.5))
    y = signals.phrases(rng, n, rate) * 10 ** (-rng.uniform(10, 30) / 20)
    y[:end] = 0
    loud = signals.make(str(rng.choice(("sweep", "noise", "chord", "string"))), rng, begin, rate)
    y[:begin] = loud / np.abs(loud).max() * 10 ** (-rng.uniform(0, 12) / 20)
    return y


def programs(seed, count, rate, seconds=SECONDS, test=False, first=0, high=False):
    """Of a set of any size, those from `first` on. But in the test, knobs move in every third, and a quarter
    has a pause."""
    n = frames_of(rate, seconds)
    x, knobs = np.zeros((count, n)), np.zeros((2, count, 1 if test else n))
    draw = signals.test_knob if test else signals.train_knob
    for i in range(count):
        rng = np.random.default_rng([seed, first + i])
        still = [draw(rng, bands) for bands in KNOBS]
        while high and i % 2 and still[0] < HIGH:
            still[0] = draw(rng, KNOBS[0])
        k = 0 if test else first + i
        knobs[:, i] = moving(rng, n, rate) if k % 3 == 2 else np.array(still)[:, None]
        x[i] = pause(rng, n, rate) if k % 6 == 1 or k % 12 == 4 else signals.phrases(rng, n, rate)
    return x, knobs[0], knobs[1]


def targets(x, gain):
    """[programmes, COLUMNS, blocks], of the block after each; the last one's stands twice."""
    d = network.BLOCK_FRAMES
    x, gain = (v.reshape(len(v), -1, d) for v in (x, gain))
    t = (np.arange(d) + 1) / d
    ends = gain[:, :, -1]
    begins = np.concatenate([np.ones((len(x), 1)), ends[:, :-1]], 1)
    r = begins[:, :, None] * (1 - t) + ends[:, :, None] * t - gain
    power = ((x * gain) ** 2).mean(2)
    mean = power.mean(1, keepdims=True) + 1e-12
    p = x * x
    sums = [(p * by).mean(2) / mean for by in ((1 - t) ** 2, t * (1 - t), t ** 2, (1 - t) * r, t * r, r * r)]
    rows = np.stack([np.log(begins), np.log(ends), np.minimum(power / mean, 5), *sums], 1)
    return np.concatenate([rows[:, :, 1:], rows[:, :, -1:]], 2).astype(np.float32)


def build_set(seed, count, rate, high):
    u, t = [], []
    for first in range(0, count, TOGETHER):
        x, reduction, limit = programs(seed, min(TOGETHER, count - first), rate, first=first, high=high)
        gain = circuit.simulate(x, reduction, limit, rate)
        u.append(network.block_features(x, reduction, limit).astype(np.float32))
        t.append(np.concatenate([targets(x[k:k + 8], gain[k:k + 8]) for k in range(0, len(x), 8)]))
        print("%d programmes solved" % (first + len(x)), flush=True)
    return {"u": np.concatenate(u), "t": np.concatenate(t)}


def errors(log_gain, before, t):
    """(squared error of the sound, of the programme's power; of the log gain), a block each. `before` [B, 1] is
    the log gain that was predicted last."""
    column = dict(zip(COLUMNS, t.unbind(1)))
    gain = torch.exp(torch.cat([before, log_gain], 1))
    b, e = gain[:, :-1] - torch.exp(column["begin"]), gain[:, 1:] - torch.exp(column["end"])
    sound = (b * (b * column["bb"] + 2 * (e * column["be"] + column["br"])) +
             e * (e * column["ee"] + 2 * column["er"]) + column["rr"])
    return sound, (log_gain - column["end"]) ** 2 * (FLOOR + column["weight"]), column["weight"]


def loss_of(log_gain, before, t):
    """Of both errors the root a piece: a few hard ones must not drown the many easy ones. The second keeps the gain
    right where little is heard of it."""
    sound, gain, weight = (torch.nn.functional.avg_pool1d(v, PIECE) for v in errors(log_gain, before, t))
    return ((sound + 1e-6).sqrt() + GAIN * (gain / (FLOOR + weight) + 1e-6).sqrt()).mean()


def validate(run, data):
    """ESR of each programme in percent, and the mean error of the gain in dB."""
    h, before = run.start(len(data["u"])), torch.zeros(len(data["u"]), 1)
    sound, off, blocks = 0, 0, data["u"].shape[1]
    with torch.no_grad():
        for at in range(0, blocks, CHUNK):
            part = slice(at, at + CHUNK)
            log_gain, h = run(data["u"][:, part], h)
            sound = sound + errors(log_gain, before, data["t"][:, :, part])[0].sum(1)
            off += float((log_gain - data["t"][:, 1, part]).abs().sum(1).mean())
            before = log_gain[:, -1:]
    return (100 * sound / blocks).numpy(), off / blocks * 20 / np.log(10)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rate", type=int, default=48000)
    p.add_argument("--minutes", type=float, default=40.0)
    p.add_argument("--work", default="/tmp/continuo-opto")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--programs", type=int, default=512)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--from", dest="source", help="checkpoint to start the weights from")
    p.add_argument("--quick", action="store_true", help="everything in about a minute, as a smoke test")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    valid_count = 64
    if a.quick:
        a.programs, valid_count, a.minutes, a.work, a.batch = 16, 16, 0.3, os.path.join(a.work, "quick"), 16
    work = os.path.join(a.work, str(a.rate))
    os.makedirs(work, exist_ok=True)
    log_path = os.path.join(work if a.quick else HERE, "training-log-%d.csv" % a.rate)
    data = {}
    for name, seed, count in (("valid", signals.VALID_SEED, valid_count), ("train", signals.TRAIN_SEED, a.programs)):
        found = tcn.cached(os.path.join(work, "%s-%d.npz" % (name, count)),
                           lambda: build_set(seed, count, a.rate, name == "train"))
        data[name] = {k: torch.from_numpy(v) for k, v in found.items()}
    train, valid = data["train"], data["valid"]
    student = network.Student(gru.HIDDEN)
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
    run = gru.Gru(student, work)
    blocks = train["u"].shape[1]
    mark, running, count, next_valid = time.time(), 0.0, 0, spent + (5 if a.quick else 75)
    h, before, at, idx = None, None, blocks, None
    while spent < a.minutes * 60:
        if at >= blocks - CHUNK // 2:
            h, before, at = run.start(a.batch), torch.zeros(a.batch, 1), 0
            idx = torch.from_numpy(rng.choice(len(train["u"]), a.batch, replace=False))
        lr = a.lr * (min(1, (step + 1) / 100) * (0.5 * (1 + np.cos(np.pi * spent / (a.minutes * 60))) * 0.99 + 0.01))
        for group in optimiser.param_groups:
            group["lr"] = lr
        part = slice(at, min(at + CHUNK, blocks))
        log_gain, h = run(train["u"][idx, part], h)
        loss = loss_of(log_gain, before, train["t"][idx, :, part])
        before = log_gain[:, -1:].detach()
        at += CHUNK
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
            each, db = validate(run, valid)
            rows.append({"step": step, "minutes": round(spent / 60, 2), "lr": round(lr, 6),
                         "train_loss": round(running / count, 5), "valid_esr_mean_percent": round(float(each.mean()), 4),
                         "valid_esr_max_percent": round(float(each.max()), 4), "valid_gain_error_db": round(db, 4)})
            print(rows[-1], flush=True)
            tcn.write_log(log_path, rows)
            state = {"model": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent,
                     "best": min(best, each.mean() + db), "rows": rows, "hidden": student.hidden, "esr": each.mean()}
            torch.save(state, ckpt + ".tmp")
            os.replace(ckpt + ".tmp", ckpt)
            if each.mean() + db < best:
                best = each.mean() + db
                torch.save(state, best_path)
            running, count, next_valid = 0.0, 0, spent + (5 if a.quick else 75)
            mark = time.time()


if __name__ == "__main__":
    main()
