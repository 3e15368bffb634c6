#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of safetensors_fuzzer: small whole files and some that lie. Run without arguments, in the tree."""
import json
import pathlib
import random
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus" / "safetensors"
draw = random.Random(1)


def tensors(width, hidden, encoder, decoder, grid, token, vocabulary):
    shapes = {f"grid.{f}.weight": [n, width] for f, n in enumerate(grid)}
    shapes |= {f"token.{f}.weight": [n, width] for f, n in enumerate(token)}
    for part, count in (("encoder", encoder), ("decoder", decoder)):
        for i in range(count):
            shapes |= {f"{part}.{i}.attention_gain": [width], f"{part}.{i}.qkv.weight": [3 * width, width],
                       f"{part}.{i}.out.weight": [width, width], f"{part}.{i}.mlp_gain": [width],
                       f"{part}.{i}.up.weight": [hidden, width], f"{part}.{i}.down.weight": [width, hidden]}
    return shapes | {"output_gain": [width], "output.weight": [vocabulary, width]}


def write(name, width=4, heads=2, hidden=3, encoder=1, decoder=1, grid=(2,), token=(3, 2), vocabulary=3, window=2,
          change=None):
    config = {"width": width, "heads": heads, "hidden": hidden, "encoder_layers": encoder, "decoder_layers": decoder,
              "grid_fields": list(grid), "token_fields": list(token), "vocabulary": vocabulary, "grid_window": 1,
              "token_window": window}
    header, data = {"__metadata__": {"config": json.dumps(config)}}, b""
    for tensor, shape in tensors(width, hidden, encoder, decoder, grid, token, vocabulary).items():
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        blob = b"".join(struct.pack("<e", draw.uniform(-1, 1)) for _ in range(count))
        header[tensor] = {"dtype": "F16", "shape": shape, "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    if change:
        change(header)
    text = json.dumps(header).encode()
    (CORPUS / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def overlap(header):
    header["output_gain"]["data_offsets"] = header["grid.0.weight"]["data_offsets"]


def huge(header):
    header["output.weight"]["shape"] = [2**63, 2**63]


CORPUS.mkdir(parents=True, exist_ok=True)
write("whole")
write("only-decoder", width=2, heads=1, hidden=1, encoder=0, grid=(1,), token=(1,), vocabulary=1, window=1)
write("two-layers", width=6, heads=3, hidden=17, encoder=2, decoder=2, vocabulary=17)
write("overlap", change=overlap)
write("huge", change=huge)
(CORPUS / "empty").write_bytes(struct.pack("<Q", 2) + b"{}")
(CORPUS / "long-header").write_bytes(struct.pack("<Q", 2**63) + b"{}")
