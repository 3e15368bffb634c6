#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The polynomial of Logistic() in simd.h: 2^f for |f| <= 1/2, of the least relative error.

    fit_exp2.py [DEGREE]

Remez: the error is made equal at DEGREE + 2 points, which move to where it is largest.
"""
import sys

import numpy as np


def fit(degree):
    grid = np.linspace(-0.5, 0.5, 200001)
    points = -0.5 * np.cos(np.pi * np.arange(degree + 2) / (degree + 1))
    for _ in range(20):
        # sum c_k f^k / 2^f + (-1)^i e = 1
        system = np.column_stack([points**k / 2**points for k in range(degree + 1)]
                                 + [(-1.0) ** np.arange(degree + 2)])
        solved = np.linalg.solve(system, np.ones(degree + 2))
        error = np.polyval(solved[-2::-1], grid) / 2**grid - 1
        ends = [0, *(np.nonzero(np.diff(np.sign(error)))[0] + 1), len(grid)]
        points = np.array([grid[a + np.argmax(np.abs(error[a:b]))] for a, b in zip(ends, ends[1:])])
        if len(points) != degree + 2:
            raise SystemExit("the error does not alternate")
    return solved[:-1], np.abs(error).max()


def main():
    coefficients, error = fit(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    for power, value in enumerate(coefficients):
        print(f"f^{power}: {value:.9e}F")
    rounded = coefficients.astype(np.float32).astype(float)
    grid = np.linspace(-0.5, 0.5, 200001)
    print(f"relative error {error:.2e}, with float coefficients "
          f"{np.abs(np.polyval(rounded[::-1], grid) / 2**grid - 1).max():.2e}")


main()
