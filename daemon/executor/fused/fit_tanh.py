#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The coefficients of the rational tanh of simd.h.

tanh(x) = x P(x^2) / Q(x^2) on |x| <= LIMIT, beyond which the argument is clamped.
Least squares of (x P - tanh(x) Q) / Q_before on a Chebyshev grid, repeated; the
weight of each point grows with its error (Lawson), which leads to the smallest
largest absolute error. Remez's exchange does not converge here from plain starts.
In 50 decimal digits: the matrix is badly conditioned. Takes about a minute.

Use: fit_tanh.py [P_DEGREE Q_DEGREE LIMIT [ROUNDS]]
"""
import math
import struct
import sys
from decimal import Decimal as D, getcontext

getcontext().prec = 50
POINTS = 240


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def solve(matrix, right):
    """Gauss with row pivots."""
    n = len(right)
    rows = [row[:] + [b] for row, b in zip(matrix, right)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(rows[r][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(k + 1, n):
            factor = rows[r][k] / rows[k][k]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k])]
    result = [D(0)] * n
    for k in reversed(range(n)):
        result[k] = (rows[k][n] - sum(rows[k][j] * result[j] for j in range(k + 1, n))) / rows[k][k]
    return result


def poly(coefficients, u):
    total = D(0)
    for c in reversed(coefficients):
        total = total * u + c
    return total


def fit(p_degree, q_degree, limit, rounds):
    # In y = x / limit, so that the powers stay of one size.
    y = [D(math.sin(math.pi / 2 * (i + 1) / POINTS)) for i in range(POINTS)]
    f = [tanh(limit * v) for v in y]
    columns = [[v ** (2 * k + 1) for k in range(p_degree + 1)]
               + [-g * v ** (2 * k) for k in range(1, q_degree + 1)] for v, g in zip(y, f)]
    n = p_degree + q_degree + 1
    weights = [D(1)] * POINTS
    q_before = [D(1)] * POINTS
    best = None
    for _ in range(rounds):
        scale = [w / (q * q) for w, q in zip(weights, q_before)]
        matrix = [[sum(s * c[a] * c[b] for s, c in zip(scale, columns)) for b in range(n)]
                  for a in range(n)]
        right = [sum(s * c[a] * g for s, c, g in zip(scale, columns, f)) for a in range(n)]
        solution = solve(matrix, right)
        p, q = solution[:p_degree + 1], [D(1)] + solution[p_degree + 1:]
        q_before = [poly(q, v * v) for v in y]
        errors = [abs(v * poly(p, v * v) / b - g) for v, b, g in zip(y, q_before, f)]
        largest = max(errors)
        if best is None or largest < best[0]:
            best = largest, p, q
        weights = [w * e / largest for w, e in zip(weights, errors)]
        total = sum(weights) / POINTS
        weights = [w / total for w in weights]
    largest, p, q = best
    return ([c / limit ** (2 * k + 1) for k, c in enumerate(p)],
            [c / limit ** (2 * k) for k, c in enumerate(q)], largest)


def as_float(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def rounded(p, q, limit):
    """Both multiplied by the factor whose coefficients suffer least as floats."""
    xs = [float(limit) * (i + 1) / 600 for i in range(600)]
    best = None
    for step in range(400):
        factor = D(2) ** (D(step) / 400)
        pf, qf = [as_float(c * factor) for c in p], [as_float(c * factor) for c in q]
        error = max(abs(x * poly_float(pf, x * x) / poly_float(qf, x * x) - math.tanh(x))
                    for x in xs)
        if best is None or error < best[0]:
            best = error, pf, qf
    return best


def poly_float(coefficients, u):
    total = 0.0
    for c in reversed(coefficients):
        total = total * u + c
    return total


if __name__ == "__main__":
    degrees = [int(a) for a in sys.argv[1:3]] or [4, 4]
    limit = D(sys.argv[3] if len(sys.argv) > 3 else "8.6")
    p, q, left = fit(*degrees, limit, int(sys.argv[4]) if len(sys.argv) > 4 else 40)
    left_rounded, p, q = rounded(p, q, limit)
    for name, c in (("P", p), ("Q", q)):
        print(name, ", ".join(f"{v:.9e}F" for v in c))
    print(f"largest error {float(left):.2e}, with float coefficients {left_rounded:.2e}; "
          f"beyond {limit}: {float(1 - tanh(limit)):.2e}")
