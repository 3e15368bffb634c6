# SPDX-License-Identifier: Apache-2.0
"""The network that chorale, melody and groove share: a decoder that reads a score from both sides.

Music lies on a grid of equal steps. What is given (conditions, and cells that stand) is told to a
bidirectional encoder, one row a step; the decoder writes the cells one after the other, each with
the encoder's row of its own step added, so that it knows what is given before and after.

  x_t = sum over f of grid_f[grid(t, f)]                      encoder, step t
  y_n = sum over f of token_f[token(n, f)] + enc_(step(n))    decoder, cell n: what came before it
                                                              (field 0), and what cell it is
  layer:  x += O attention(rms(x; a), rotary by position),  x += D relu(U rms(x; m))^2
  logits_n = W rms(y_n; o)

rms(x; g) = g x / sqrt(mean(x^2) + 1e-5). No layer has biases. Rotary embedding: pair i of a head of
size h (elements i and i + h/2) turns by position * 10000^(-2i/h). Positions of the encoder are
steps, those of the decoder are given with each cell. Scores are q.k / sqrt(h). The encoder sees
|t - s| <= grid_window, the decoder the last token_window cells, itself among them: so a piece may be
of any length.

Shapes: B batch, T steps, N cells, F/G fields, d width, V vocabulary.
"""

import json
import math
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor




class Config:
    """grid_fields, token_fields: the number of values of each field; vocabulary: of the output."""

    def __init__(self, width, heads, hidden, encoder_layers, decoder_layers, grid_fields, token_fields, vocabulary,
                 grid_window, token_window):
        self.width, self.heads, self.hidden = width, heads, hidden
        self.encoder_layers, self.decoder_layers = encoder_layers, decoder_layers
        self.grid_fields, self.token_fields = tuple(grid_fields), tuple(token_fields)
        self.vocabulary, self.grid_window, self.token_window = vocabulary, grid_window, token_window

    def as_dict(self):
        return {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}


def rms(x, gain, epsilon: float = 1e-5):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gain


def rotate(x, position, base: float = 10000.0):
    """x: (B, heads, N, h); position: (B, N)."""
    half = x.shape[-1] // 2
    rate = torch.pow(base, -torch.arange(half, dtype=torch.float64) / half)
    angle = position.to(torch.float64).unsqueeze(-1) * rate
    cos, sin = angle.cos().to(x.dtype).unsqueeze(1), angle.sin().to(x.dtype).unsqueeze(1)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Layer(torch.nn.Module):
    def __init__(self, config, dropout: float):
        super().__init__()
        d = config.width
        self.heads, self.dropout = config.heads, dropout
        self.attention_gain = torch.nn.Parameter(torch.ones(d))
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)
        self.out = torch.nn.Linear(d, d, bias=False)
        self.mlp_gain = torch.nn.Parameter(torch.ones(d))
        self.up = torch.nn.Linear(d, config.hidden, bias=False)
        self.down = torch.nn.Linear(config.hidden, d, bias=False)
        depth = math.sqrt(2 * max(config.encoder_layers, config.decoder_layers))
        for weight, gain in ((self.qkv, 1.0), (self.up, 1.0), (self.out, depth), (self.down, depth)):
            torch.nn.init.normal_(weight.weight, std=1 / math.sqrt(weight.in_features) / gain)

    def heads_of(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(rms(x, self.attention_gain)).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v

    def finish(self, x, attended):
        b, n, d = x.shape
        x = x + F.dropout(self.out(attended.transpose(1, 2).reshape(b, n, d)), self.dropout, self.training)
        h = F.relu(self.up(rms(x, self.mlp_gain))).pow(2)
        return x + F.dropout(self.down(h), self.dropout, self.training)

    def forward(self, x, position, mask):
        """mask: (N, N), 0 where seen and -inf elsewhere."""
        q, k, v = self.heads_of(x)
        q, k = rotate(q, position) / math.sqrt(q.shape[-1]), rotate(k, position)
        score = q @ k.transpose(-1, -2) + mask
        return self.finish(x, score.softmax(-1) @ v)

    def step(self, x, position, keys, values, seen, slot):
        """One cell a row. keys, values: (B, heads, C, h), written at slot (B); seen: (B, 1, 1, C) mask."""
        q, k, v = self.heads_of(x)
        q, k = rotate(q, position) / math.sqrt(q.shape[-1]), rotate(k, position)
        row = torch.arange(x.shape[0])
        keys[row, :, slot] = k[:, :, 0]
        values[row, :, slot] = v[:, :, 0]
        score = q @ keys.transpose(-1, -2) + seen
        return self.finish(x, score.softmax(-1) @ values)


class GridTransformer(torch.nn.Module):
    def __init__(self, config, dropout=0.1):
        super().__init__()
        self.config = config
        d = config.width
        self.heads, self.grid_window, self.token_window = config.heads, config.grid_window, config.token_window
        embedding = lambda n: torch.nn.Embedding(n, d)
        self.grid = torch.nn.ModuleList([embedding(n) for n in config.grid_fields])
        self.token = torch.nn.ModuleList([embedding(n) for n in config.token_fields])
        for table in list(self.grid) + list(self.token):
            torch.nn.init.normal_(table.weight, std=0.3)
        self.encoder = torch.nn.ModuleList([Layer(config, dropout) for _ in range(config.encoder_layers)])
        self.decoder = torch.nn.ModuleList([Layer(config, dropout) for _ in range(config.decoder_layers)])
        self.output_gain = torch.nn.Parameter(torch.ones(d))
        self.output = torch.nn.Linear(d, config.vocabulary, bias=False)
        torch.nn.init.normal_(self.output.weight, std=0.5 / math.sqrt(d))

    @torch.jit.export
    def encode(self, grid: Tensor) -> Tensor:
        """grid: (B, T, F) int64; gives (B, T, d)."""
        b, t, _ = grid.shape
        x = torch.zeros(1)
        for f, table in enumerate(self.grid):
            x = x + table(grid[:, :, f])
        position = torch.arange(t).unsqueeze(0).expand(b, t)
        apart = (position[0].unsqueeze(0) - position[0].unsqueeze(1)).abs()
        mask = torch.zeros(t, t).masked_fill(apart > self.grid_window, -float("inf"))
        for layer in self.encoder:
            x = layer(x, position, mask)
        return x

    def forward(self, grid, token, step, position):
        """Training, all cells at once. token: (B, N, G), step, position: (B, N); gives logits (B, N, V)."""
        encoded = self.encode(grid)
        x = torch.gather(encoded, 1, step.unsqueeze(-1).expand(-1, -1, encoded.shape[-1]))
        for f, table in enumerate(self.token):
            x = x + table(token[:, :, f])
        n = torch.arange(token.shape[1])
        back = n.unsqueeze(1) - n.unsqueeze(0)
        mask = torch.zeros(len(n), len(n)).masked_fill((back < 0) | (back >= self.token_window), -float("inf"))
        for layer in self.decoder:
            x = layer(x, position, mask)
        return self.output(rms(x, self.output_gain))

    @torch.jit.export
    def cache(self, batch: int) -> Tensor:
        """An empty key and value cache for `batch` rows: (layers, 2, B, heads, window, h)."""
        d = self.output_gain.shape[0]
        return torch.zeros(len(self.decoder), 2, batch, self.heads, self.token_window, d // self.heads)

    @torch.jit.export
    def next(self, token: Tensor, encoded: Tensor, position: Tensor, count: Tensor, cache: Tensor) -> Tensor:
        """One cell a row: token (B, G), encoded (B, d) the row of its step, position (B), count (B) the cells
        that the row has had before. Writes the cache; gives logits (B, V)."""
        x = encoded
        for f, table in enumerate(self.token):
            x = x + table(token[:, f])
        x = x.unsqueeze(1)
        slot = torch.remainder(count, self.token_window)
        hidden = torch.arange(self.token_window).unsqueeze(0) > count.unsqueeze(1)
        seen = torch.zeros(hidden.shape).masked_fill(hidden, -float("inf")).unsqueeze(1).unsqueeze(1)
        for i, layer in enumerate(self.decoder):
            x = layer.step(x, position.unsqueeze(1), cache[i, 0], cache[i, 1], seen, slot)
        return self.output(rms(x[:, 0], self.output_gain))

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters())


def save_safetensors(path, network, metadata):
    """Half precision, in the safetensors format; the configuration and `metadata` (str: value) as JSON strings in
    its `__metadata__`. The network's own weights become what was saved, so that what is exported agrees."""
    header = {"__metadata__": {"config": json.dumps(network.config.as_dict()),
                               **{k: json.dumps(v) for k, v in metadata.items()}}}
    blobs, offset = [], 0
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            half = tensor.to(torch.float16)
            tensor.copy_(half.to(tensor.dtype))
            blob = half.numpy().astype("<f2").tobytes()
            header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
            blobs.append(blob)
            offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load_safetensors(path):
    """(network for inference, metadata) of what save_safetensors wrote."""
    with open(path, "rb") as f:
        data = f.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = {k: json.loads(v) for k, v in header.pop("__metadata__").items()}
    network = GridTransformer(Config(**metadata.pop("config")), dropout=0.0)
    state = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        half = np.frombuffer(data[8 + size + first:8 + size + last], "<f2").reshape(entry["shape"])
        state[name] = torch.from_numpy(half.astype(np.float32))
    network.load_state_dict(state)
    return network.eval(), metadata
