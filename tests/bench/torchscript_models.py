#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the models of fused_bench as TorchScript of the torch executor's convention:
OUT/{wavenet,a2,lstm40,lstm16,gru40,gru8}.pt. Random weights: only the time counts."""
import sys
from typing import List, Tuple

import torch
from torch import Tensor, nn

DILATIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
A2_DILATIONS = [1, 3, 7, 17, 41, 101, 239, 1, 3, 7, 17, 41, 101, 239, 1, 13, 1, 3, 7, 17, 41, 101, 239]
A2_KERNELS = [6] * 14 + [15] * 2 + [6] * 7


class Lstm(nn.Module):
    def __init__(self, hidden: int):
        super().__init__()
        self.hidden = hidden
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Tensor, parameters: Tensor,
                state: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
        y, (h, c) = self.lstm(x.transpose(1, 2), (state[0], state[1]))
        return self.head(y).transpose(1, 2), [h, c]

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        return [torch.zeros(1, 1, self.hidden), torch.zeros(1, 1, self.hidden)]


class Gru(nn.Module):
    def __init__(self, hidden: int):
        super().__init__()
        self.hidden = hidden
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Tensor, parameters: Tensor,
                state: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
        y, h = self.gru(x.transpose(1, 2), state[0])
        return self.head(y).transpose(1, 2), [h]

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        return [torch.zeros(1, 1, self.hidden)]


class Layer(nn.Module):
    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.mix = nn.Conv1d(1, channels, 1, bias=False)
        self.join = nn.Conv1d(channels, channels, 1)
        self.past = 2 * dilation

    def forward(self, x: Tensor, condition: Tensor,
                past: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        whole = torch.cat([past, x], 2)
        z = torch.tanh(self.conv(whole) + self.mix(condition))
        return x + self.join(z), z, whole[:, :, whole.size(2) - self.past:]


class A2Layer(nn.Module):
    def __init__(self, kernel: int, dilation: int):
        super().__init__()
        self.conv = nn.Conv1d(8, 8, kernel, dilation=dilation)
        self.mix = nn.Conv1d(1, 8, 1, bias=False)
        self.join = nn.Conv1d(8, 8, 1)
        self.past = (kernel - 1) * dilation

    def forward(self, x: Tensor, condition: Tensor,
                past: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        whole = torch.cat([past, x], 2)
        z = nn.functional.leaky_relu(self.conv(whole) + self.mix(condition))
        return x + self.join(z), z, whole[:, :, whole.size(2) - self.past:]


class A2(nn.Module):
    def __init__(self):
        super().__init__()
        self.rechannel = nn.Conv1d(1, 8, 1, bias=False)
        self.layers = nn.ModuleList([A2Layer(k, d) for k, d in zip(A2_KERNELS, A2_DILATIONS)])
        self.head = nn.Conv1d(8, 1, 16)

    def forward(self, x: Tensor, parameters: Tensor,
                state: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
        after: List[Tensor] = []
        y = self.rechannel(x)
        heads = torch.zeros(1, 8, x.size(2))
        for i, layer in enumerate(self.layers):
            y, z, past = layer(y, x, state[i])
            heads = heads + z
            after.append(past)
        whole = torch.cat([state[len(self.layers)], heads], 2)
        after.append(whole[:, :, whole.size(2) - 15:])
        return self.head(whole), after

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        state: List[Tensor] = []
        for layer in self.layers:
            state.append(torch.zeros(1, 8, layer.past))
        state.append(torch.zeros(1, 8, 15))
        return state


class Array(nn.Module):
    def __init__(self, inputs: int, channels: int, head: int):
        super().__init__()
        self.channels = channels
        self.rechannel = nn.Conv1d(inputs, channels, 1, bias=False)
        self.layers = nn.ModuleList([Layer(channels, d) for d in DILATIONS])
        self.head = nn.Conv1d(channels, head, 1)

    def forward(self, x: Tensor, condition: Tensor, head: Tensor, state: List[Tensor],
                first: int, after: List[Tensor]) -> Tuple[Tensor, Tensor]:
        x = self.rechannel(x)
        for i, layer in enumerate(self.layers):
            x, z, past = layer(x, condition, state[first + i])
            head = head + z
            after.append(past)
        return x, self.head(head)


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Array(1, 16, 8)
        self.b = Array(16, 8, 1)

    def forward(self, x: Tensor, parameters: Tensor,
                state: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
        after: List[Tensor] = []
        y, head = self.a(x, x, torch.zeros(1, 16, x.size(2)), state, 0, after)
        y, head = self.b(y, x, head, state, 10, after)
        return head, after

    @torch.jit.export
    def initial_state(self) -> List[Tensor]:
        state: List[Tensor] = []
        for channels in [16, 8]:
            for i in range(10):
                state.append(torch.zeros(1, channels, 2 << i))
        return state


if __name__ == "__main__":
    torch.manual_seed(1)
    for name, model in (("wavenet", WaveNet()), ("a2", A2()), ("lstm40", Lstm(40)),
                        ("lstm16", Lstm(16)), ("gru40", Gru(40)), ("gru8", Gru(8))):
        torch.jit.script(model.eval()).save(f"{sys.argv[1]}/{name}.pt")
