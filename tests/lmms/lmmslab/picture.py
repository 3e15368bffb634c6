# SPDX-License-Identifier: Apache-2.0
"""Looking at screenshots."""

import subprocess

import numpy
import scipy.ndimage


def pixels(path):
    """[row][column][red, green, blue]."""
    size = subprocess.run(["identify", "-format", "%w %h", str(path)], check=True, capture_output=True, text=True)
    width, height = map(int, size.stdout.split()[:2])
    raw = subprocess.run(["convert", str(path), "-depth", "8", "rgb:-"], check=True, capture_output=True).stdout
    return numpy.frombuffer(raw, dtype=numpy.uint8).reshape(height, width, 3).astype(int)


def _areas(path, colour, tolerance):
    """Connected areas in that colour: rows, columns, and the share that is filled."""
    near = numpy.all(numpy.abs(pixels(path) - numpy.array(colour)) <= tolerance, axis=2)
    labels, _ = scipy.ndimage.label(near)
    return [(rows, columns, numpy.mean(near[rows, columns])) for rows, columns in scipy.ndimage.find_objects(labels)]


def boxes(path, colour, tolerance=2):
    """Rectangles in that colour, with words on them or not: x, y, width, height."""
    return [(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
            for rows, columns, filled in _areas(path, colour, tolerance) if filled > 0.6]


def discs(path, colour, tolerance=12, scale=1):
    """Filled round spots of 6 to 12 logical pixels across in that colour: their centres."""
    found = []
    for rows, columns, filled in _areas(path, colour, tolerance):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if all(6 * scale <= side <= 12 * scale for side in (height, width)) and abs(height - width) <= 1 and filled > 0.6:
            found.append(((columns.start + columns.stop) / 2, (rows.start + rows.stop) / 2))
    return found
