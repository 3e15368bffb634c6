# SPDX-License-Identifier: Apache-2.0
"""A composer of any size: the model `melody` that ships, its network made larger, with weights
that are drawn. What it writes is noise, and the same noise each time."""
import hashlib
import json
import os
import pathlib
import struct

import numpy

# About 113 MB, 14 MB a layer; little for what each piece keeps.
SIZE = {"width": 768, "heads": 12, "hidden": 3072, "encoder_layers": 2, "decoder_layers": 6,
        "grid_window": 16, "token_window": 64}


def shapes(config):
    width, hidden = config["width"], config["hidden"]
    yield "output_gain", (width,)
    yield "output.weight", (config["vocabulary"], width)
    for part in ("grid", "token"):
        for i, count in enumerate(config[part + "_fields"]):
            yield "%s.%d.weight" % (part, i), (count, width)
    for part in ("encoder", "decoder"):
        for i in range(config[part + "_layers"]):
            prefix = "%s.%d." % (part, i)
            yield prefix + "attention_gain", (width,)
            yield prefix + "mlp_gain", (width,)
            yield prefix + "qkv.weight", (3 * width, width)
            yield prefix + "out.weight", (width, width)
            yield prefix + "up.weight", (hidden, width)
            yield prefix + "down.weight", (width, hidden)


def draw(random, name, shape):
    if name.endswith("gain"):
        return numpy.ones(shape, "<f2")
    scale = 0.05 if name.startswith(("grid", "token")) else 0.5 * shape[-1] ** -0.5
    return (random.standard_normal(shape, numpy.float32) * numpy.float32(scale)).astype("<f2")


def write_weights(path, melody):
    with open(melody, "rb") as file:
        head = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    texts = head["__metadata__"]
    config = {**json.loads(texts["config"]), **SIZE}
    tensors = {"__metadata__": {**texts, "config": json.dumps(config)}}
    place = 0
    ordered = sorted(shapes(config))
    for name, shape in ordered:
        size = 2 * int(numpy.prod(shape))
        tensors[name] = {"dtype": "F16", "shape": shape, "data_offsets": [place, place + size]}
        place += size
    random = numpy.random.Generator(numpy.random.PCG64(1))
    text = json.dumps(tensors).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in ordered:
            file.write(draw(random, name, shape).tobytes())
        # Who reads it is to read it from the disk: its pages are counted where they are used.
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def write_package(models, source):
    """`source`: the tree, with models/melody."""
    melody = pathlib.Path(source) / "models" / "melody"
    package = models / "big" / "1.0.0"
    package.mkdir(parents=True)
    weights = package / "big.safetensors"
    write_weights(weights, melody / "melody.safetensors")
    manifest = json.loads((melody / "model.json").read_text())
    variant = next(one for one in manifest["variants"] if one["id"] == "fused")
    for field in ("cost", "error"):
        variant.pop(field, None)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    variant.update(file=weights.name, weights_bytes=weights.stat().st_size)
    manifest.update(id="big", name="Big", variants=[variant], golden=[], quality=[], files=[
        {"path": weights.name, "size_bytes": weights.stat().st_size, "sha256": digest}])
    manifest["notes"].pop("reference")
    (package / "model.json").write_text(json.dumps(manifest))
    with open(weights, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return weights.stat().st_size
