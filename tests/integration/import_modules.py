# SPDX-License-Identifier: Apache-2.0
"""TorchScript files for the tests of the import: `make(NAME, PATH)` saves one. Written for these
tests; those that follow nn~'s conventions have only what the conventions say."""

from typing import List, Tuple

import torch
from torch import Tensor, nn


class Gain(nn.Module):
    """No memory; takes any shape."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.gain)


class Late(nn.Module):
    """100 frames late, at 44.1 kHz, with a memory in a buffer."""

    license: str
    author: str

    def __init__(self):
        super().__init__()
        self.register_buffer("past", torch.zeros(1, 1, 100))
        self.sample_rate = 44100
        self.license = "CC0-1.0"
        self.author = "Continuo contributors"

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([self.past, x], -1)
        self.past = y[:, :, -100:].contiguous()
        return y[:, :, :x.size(-1)]


class Swap(nn.Module):
    """Left and right change places; [C, T] alone."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 2 or x.size(0) != 2:
            raise RuntimeError("two rows are wanted")
        return x.flip(0)


class Widen(nn.Module):
    """One channel in, two out."""

    def forward(self, x: Tensor) -> Tensor:
        if x.size(1) != 1:
            raise RuntimeError("one channel is wanted")
        return torch.cat([x, -x], 1)


class Lumps(nn.Module):
    """Multiples of 64 frames alone."""

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(1, -1, 64).reshape(1, 1, -1) * 0.5


class Edges(nn.Module):
    """A convolution that pads with zeros: the blocks do not fit together."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 33, padding=16)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Native(nn.Module):
    """Continuo's own convention: a one-pole low-pass, its pole a parameter."""

    def forward(self, x: Tensor, parameters: Tensor, state: List[Tensor]
                ) -> Tuple[Tensor, List[Tensor]]:
        level = state[0]
        out: List[Tensor] = []
        for i in range(x.size(2)):
            level = level + (1 - parameters[:, 0, i]) * (x[:, 0, i] - level)
            out.append(level)
        return torch.stack(out, -1).unsqueeze(1), [level]

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        return [torch.zeros(1)]


class Triple(nn.Module):
    """As Native, but for a third thing that it gives."""

    def forward(self, x: Tensor, parameters: Tensor, state: List[Tensor]
                ) -> Tuple[Tensor, List[Tensor], int]:
        return x, state, 1

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        return [torch.zeros(1)]


class Nn(nn.Module):
    """nn~: an effect with memory, an encoder to 4 values for 8 frames, its decoder; a float that
    its setter keeps within 0 and 2, a whole number, a switch, a pair, and a text."""

    gain: float
    steps: int
    bypass: bool
    label: str
    left: float
    right: float
    rate: float

    def __init__(self):
        super().__init__()
        self.register_buffer("forward_params", torch.tensor([1, 1, 1, 1]))
        self.register_buffer("encode_params", torch.tensor([1, 1, 4, 8]))
        self.register_buffer("decode_params", torch.tensor([4, 8, 1, 1]))
        self.register_buffer("wide_params", torch.tensor([1, 1, 16, 8]))
        for name, kinds in (("gain", [2]), ("steps", [1]), ("bypass", [0]), ("label", [3]),
                            ("pan", [2, 2])):
            self.register_buffer(name + "_params", torch.tensor(kinds))
        self.register_buffer("last", torch.zeros(1, 1, 1))
        self.forward_input_labels = ["(signal) dry"]
        self.forward_output_labels = ["(signal) wet"]
        self.gain, self.steps, self.bypass, self.label = 1.0, 3, False, "none"
        self.left, self.right, self.rate = 0.25, 4.0, 0.0

    def forward(self, x: Tensor) -> Tensor:
        if x.size(-1) % 8 != 0:
            raise RuntimeError("a multiple of 8 is wanted")
        y = x * self.gain + 0.5 * torch.cat([self.last, x[:, :, :-1]], -1)
        self.last = x[:, :, -1:].contiguous()
        return x if self.bypass else y

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        frames = x.reshape(1, -1, 8)
        return torch.stack([frames.mean(-1), frames.amax(-1), frames.amin(-1), frames[:, :, 0]], 1)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return z[:, 3:4].repeat_interleave(8, -1)

    @torch.jit.export
    def wide(self, x: Tensor) -> Tensor:
        return x.reshape(1, 1, -1, 8)[:, :, :, 0].expand(1, 16, -1)

    @torch.jit.export
    def get_methods(self) -> List[str]:
        return ["encode", "decode", "forward", "wide"]

    @torch.jit.export
    def get_attributes(self) -> List[str]:
        return ["gain", "steps", "bypass", "label", "pan"]

    @torch.jit.export
    def get_gain(self) -> float:
        return self.gain

    @torch.jit.export
    def set_gain(self, value: float) -> int:
        self.gain = max(0.0, min(2.0, value))
        return 0

    @torch.jit.export
    def get_steps(self) -> int:
        return self.steps

    @torch.jit.export
    def set_steps(self, value: int) -> int:
        self.steps = value
        return 0

    @torch.jit.export
    def get_bypass(self) -> bool:
        return self.bypass

    @torch.jit.export
    def set_bypass(self, value: bool) -> int:
        self.bypass = value
        return 0

    @torch.jit.export
    def get_label(self) -> str:
        return self.label

    @torch.jit.export
    def set_label(self, value: str) -> int:
        self.label = value
        return 0

    @torch.jit.export
    def get_pan(self) -> Tuple[float, float]:
        return self.left, self.right

    @torch.jit.export
    def set_pan(self, left: float, right: float) -> int:
        self.left, self.right = left, right
        return 0

    @torch.jit.export
    def set_sample_rate(self, rate: float) -> None:
        self.rate = rate


class NnBare(nn.Module):
    """nn~ without the optional lists, and without a ratio."""

    def __init__(self):
        super().__init__()
        self.register_buffer("forward_params", torch.tensor([2, 1, 2, 1]))

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(1) * 0.5


class Loops(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        go = True
        while go:
            x = x + 1
        return x


class Hoards(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        held = [x]
        while len(held) > 0:
            held.append(torch.ones(1 << 22))
        return held[-1]


class Infinite(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / (x - x)


class Short(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[..., 1:]


class Double(nn.Module):
    """Not one tensor."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return x, x


class Writes(nn.Module):
    """Writes into a file of its user's."""

    path: str

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.from_file(self.path, True, 4).fill_(1.0)[0]


def make(module, path):
    torch.manual_seed(1)
    exported = torch.jit.script(module.eval())
    exported.save(str(path))
    return exported
