# SPDX-License-Identifier: Apache-2.0
"""The learned part that drive and tube share: a dilated causal network with knobs as gains.

With H hidden units for the knobs, C channels, L layers, features r_0 and knobs k:
  m   = tanh(A k + a)                                                     [H]
  g_l = G_l m + g0_l,  h_l = E_l m + e0_l                                 [C] each, per layer
  z_l = act(g_l * conv_l(r_l)),  r_1 = z_0,  r_(l+1) = r_l + z_l
  y   = sum over l of h_l . z_l
conv_l is causal, without bias, kernel K_l, dilation D_l, taps oldest first; act is tanh,
and the identity in the layers named by `linear`. Only the knob network has biases, and
it acts by multiplication only: the network is odd in its features, and 0 where they are 0.
"""

import csv
import os
import time

import numpy as np
import torch
import torch.nn.functional as F


class Config:
    def __init__(self, channels=12, kernels=(10, 8, 8, 8, 8), dilations=(1, 2, 6, 16, 32), hidden=16,
                 linear=(4,), features=6):
        self.channels, self.kernels, self.dilations = channels, tuple(kernels), tuple(dilations)
        self.hidden, self.linear, self.features = hidden, tuple(linear), features

    def receptive_field(self):
        return 1 + sum((k - 1) * d for k, d in zip(self.kernels, self.dilations))


class Student(torch.nn.Module):
    """For training: whole crops, valid convolutions, still knobs."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        c = config.channels
        self.convs = torch.nn.ParameterList()
        for l, k in enumerate(config.kernels):
            n = config.features if l == 0 else c
            self.convs.append(torch.nn.Parameter(torch.randn(c, n, k) * (n * k) ** -0.5 * 0.7))
        out = c * len(config.kernels)
        self.knob_in = torch.nn.Linear(2, config.hidden)
        self.gains = torch.nn.Linear(config.hidden, out)
        self.head = torch.nn.Linear(config.hidden, out)
        with torch.no_grad():
            self.gains.weight.mul_(0.5)
            self.gains.bias.fill_(1.0)
            self.head.weight.mul_(0.5)
            self.head.bias.normal_(0, 0.3 / c ** 0.5)

    def forward(self, features, knobs):
        """features [B, F, T + R - 1], knobs [B, 2] -> [B, T]."""
        cfg = self.config
        m = torch.tanh(self.knob_in(knobs))
        g = self.gains(m).unsqueeze(2)
        h = self.head(m)
        c = cfg.channels
        frames = features.shape[2] - cfg.receptive_field() + 1
        r = features
        y = 0
        for l, w in enumerate(self.convs):
            z = F.conv1d(r, w, dilation=cfg.dilations[l]) * g[:, l * c:(l + 1) * c]
            if l not in cfg.linear:
                z = torch.tanh(z)
            r = z if l == 0 else r[:, :, r.shape[2] - z.shape[2]:] + z
            y = y + torch.bmm(h[:, None, l * c:(l + 1) * c], z[:, :, z.shape[2] - frames:])
        return y[:, 0]


def add_arguments(p, work):
    """Of a training script."""
    p.add_argument("--rate", type=int, default=48000)
    p.add_argument("--minutes", type=float, default=40.0)
    p.add_argument("--work", default=work)
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
    p.add_argument("--export-only", action="store_true", help="from the best checkpoint")
    p.add_argument("--quick", action="store_true", help="everything in about a minute, as a smoke test")


def config_of(a, features=6):
    ints = lambda s: tuple(int(v) for v in s.split(",") if v)
    return Config(a.channels, ints(a.kernels), ints(a.dilations), linear=ints(a.linear), features=features)


def cached(path, build):
    """build() -> dict of arrays, kept in a file."""
    if not os.path.exists(path):
        start = time.time()
        data = build()
        np.savez(path + ".tmp.npz", **data)
        os.replace(path + ".tmp.npz", path)
        print("built %s in %.0f s" % (path, time.time() - start), flush=True)
    with np.load(path) as z:
        return {k: z[k] for k in z.files}


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
    return (torch.sqrt(plain + 1e-6) + 0.5 * torch.sqrt(emph + 1e-6) + 0.5 * torch.sqrt(dc + 1e-8)).mean()


def validate(student, data, field):
    """Plain ESR of each validation segment (still at rest before the first frame)."""
    out = []
    with torch.no_grad():
        for i in range(0, len(data["y"]), 16):
            f = F.pad(data["f"][i:i + 16], (field - 1, 0))
            e = student(f, data["k"][i:i + 16]) - data["y"][i:i + 16]
            out.append((e * e).sum(1) / ((data["y"][i:i + 16] ** 2).sum(1) + 1e-9))
    return torch.cat(out).numpy()


def load_best(work):
    b = torch.load(os.path.join(work, "best.ckpt"))
    student = Student(b["config"])
    student.load_state_dict(b["model"])
    print("validation ESR %.3f %%" % b["esr"], flush=True)
    return student


def fit(student, train, valid, a, work, log_path):
    """Trains for a.minutes of wall clock; goes on from work/last.ckpt where there is one.

    train and valid: f [N, features, n], y [N, n], k [N, 2]. The best weights by validation are
    left in work/best.ckpt.
    """
    ckpt, best_path = os.path.join(work, "last.ckpt"), os.path.join(work, "best.ckpt")
    if a.quick and os.path.exists(ckpt):
        os.remove(ckpt)
    field = student.config.receptive_field()
    n = train["y"].shape[1]
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
    power = (train["y"] ** 2).mean(1)
    # Quiet crops count fully down to a fifth of their own segment's power, never below -90 dBFS.
    floor = 0.2 * power + 1e-9
    train["f"] = F.pad(train["f"], (field - 1, 0))
    train["y"] = F.pad(train["y"], (field - 1, 0))
    total = a.minutes * 60
    every = 5 if a.quick else 75
    mark, next_valid, running, count = time.time(), spent + every, 0.0, 0
    while spent < total:
        progress = spent / total
        lr = a.lr * (min(1, (step + 1) / 200) * (0.5 * (1 + np.cos(np.pi * progress)) * 0.99 + 0.01))
        for group in optimiser.param_groups:
            group["lr"] = lr
        idx = torch.from_numpy(rng.integers(0, len(train["y"]), a.batch))
        at = rng.integers(field - 1, field - 1 + n - a.frames, a.batch)
        f, y, k = crops(train, idx, at, a.frames, field)
        loss = loss_of(student(f, k), y, floor[idx])
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
            write_log(log_path, rows)
            state = {"model": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
                     "spent": spent, "best": min(best, esr.mean()), "rows": rows, "config": student.config,
                     "esr": esr.mean()}
            torch.save(state, ckpt + ".tmp")
            os.replace(ckpt + ".tmp", ckpt)
            if esr.mean() < best:
                best = esr.mean()
                torch.save(state, best_path)
            running, count = 0.0, 0
            next_valid = spent + every
            mark = time.time()


def write_log(path, rows):
    with open(path, "w", newline="") as out:
        w = csv.DictWriter(out, list(rows[-1]), lineterminator="\n")
        w.writeheader()
        w.writerows(rows)
