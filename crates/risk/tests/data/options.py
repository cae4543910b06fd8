#!/usr/bin/env python3
"""Writes the tables of the option mathematics, and points to compare it with.

    options.py tables    src/option/tables.rs: polynomials, each fitted with 40 digits
    options.py points    tests/data/options.csv: options priced with 50 digits

Needs mpmath (pip install mpmath). Both files are in git; this says where their numbers come from.
"""

import os
import random
import sys

from mpmath import cos, erfc, exp, log, matrix, lu_solve, mp, mpf, ncdf, nint, npdf, pi, sqrt

HERE = os.path.dirname(os.path.abspath(__file__))
DEGREE = 5
PLACE = 30  # bits of the place inside an interval


def mills(u):
    """(1 - N(u)) / n(u)"""
    return sqrt(pi / 2) * exp(u * u / 2) * erfc(u / sqrt(mpf(2)))


def fit(function, centre, width):
    """Coefficients of the polynomial through the Chebyshev nodes of an interval, in its widths."""
    nodes = [cos((2 * k + 1) * pi / (2 * DEGREE + 2)) / 2 for k in range(DEGREE + 1)]
    powers = matrix(DEGREE + 1, DEGREE + 1)
    values = matrix(DEGREE + 1, 1)
    for row, node in enumerate(nodes):
        values[row] = function(centre + node * width)
        for column in range(DEGREE + 1):
            powers[row, column] = node**column
    return lu_solve(powers, values)


def whole(coefficients, bits):
    """As integers. Half a unit more in each but the first to be used: the shift that follows a
    product rounds down, by half a unit on average."""
    half = [mpf(1) / 2] * DEGREE + [mpf(0)]
    return [int(nint(c * 2**bits + h)) for c, h in zip(coefficients, half)]


def evaluate(row, place):
    """What `math::quintic` does."""
    value = row[DEGREE]
    for coefficient in reversed(row[:DEGREE]):
        product = value * place
        assert -(2**63) <= product < 2**63, "a product leaves 64 bits"
        value = coefficient + (product >> PLACE)
    return value


def table(name, what, function, start, width, rows, bits):
    lines, worst = [], mpf(0)
    for index in range(rows):
        centre = start + (index + mpf(1) / 2) * width
        row = whole(fit(function, centre, width), bits)
        for step in range(65):
            place = min((step - 32) * 2 ** (PLACE - 6), 2 ** (PLACE - 1) - 1)
            exact = function(centre + width * mpf(place) / 2**PLACE)
            worst = max(worst, abs(mpf(evaluate(row, place)) / 2**bits - exact))
        lines.append("    [" + ", ".join(f"{c:_}" for c in row) + "],")
    error = mp.nstr(worst * mpf(10) ** 12, 3)
    print(f"{name}: {rows} rows, error at most {error}e-12", file=sys.stderr)
    head = f"/// {what}. Off by at most {error}e-12.\n#[rustfmt::skip]\n"
    return head + f"pub(super) const {name}: [Row; {rows}] = [\n" + "\n".join(lines) + "\n];\n"


def tables():
    mp.dps = 40
    text = """//! Polynomials of degree five, one for each interval of an argument. Written by
//! `tests/data/options.py tables`, not by hand.
//!
//! A row has the coefficients for the place inside its interval, from -1/2 to 1/2, constant first.

/// Coefficients, constant first.
pub(super) type Row = [i64; 6];

"""
    text += table("DENSITY", "n(u) of the normal distribution, 2^-36, for u from 0 to 8 in eighths",
                  lambda u: npdf(u), 0, mpf(1) / 8, 64, 36) + "\n"
    text += table("MILLS", "(1 - N(u)) / n(u), 2^-36, for u from 0 to 13 in eighths",
                  mills, 0, mpf(1) / 8, 104, 36) + "\n"
    text += table("LOG", "ln(1 + y), 2^-38, for y from 0 to 1 in 32nds",
                  lambda y: log(1 + y), 0, mpf(1) / 32, 32, 38)
    with open(os.path.join(HERE, "../../src/option/tables.rs"), "w") as file:
        file.write(text)


def point(forward, strike, volatility, seconds):
    """A row of the file: the arguments raw, then the call and its greeks in the forward's units."""
    years = mpf(seconds) / 31_536_000
    vol = mpf(volatility) / 2**20
    deviation = vol * sqrt(years)
    d1 = log(mpf(forward) / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    call = forward * ncdf(d1) - strike * ncdf(d2)
    put = strike * ncdf(-d2) - forward * ncdf(-d1)
    vega = forward * npdf(d1) * sqrt(years)
    theta = -forward * npdf(d1) * vol / (2 * sqrt(years)) / 365
    figures = [call, put, ncdf(d1), npdf(d1) / deviation, vega, theta]
    return ",".join([str(n) for n in (forward, strike, volatility, seconds)]
                    + [mp.nstr(f, 25) for f in figures])


def points():
    mp.dps = 50
    random.seed(20)
    rows = []
    for strike in (mpf(1) / 8, mpf(1) / 2, mpf("0.95"), mpf(1), mpf("1.02"), mpf(2), mpf(8)):
        for vol in ("0.05", "0.5", "5"):
            for seconds in (60, 86_400, 63_072_000):
                forward = 100_000 << 16
                rows.append((forward, int(forward * strike), int(mpf(vol) * 2**20), seconds))
    while len(rows) < 210:
        forward = int(2 ** random.uniform(28, 56))
        volatility = int(2**20 * mpf("0.05") * 100 ** random.uniform(0, 1))
        seconds = int(60 * 1_051_200 ** random.uniform(0, 1))
        # Strikes that matter: up to four deviations away.
        reach = random.uniform(-4, 4) * float(mpf(volatility) / 2**20 * sqrt(mpf(seconds) / 31_536_000))
        ratio = min(max(exp(reach), mpf(1) / 8), mpf(8))
        rows.append((forward, int(forward * ratio), volatility, seconds))
    with open(os.path.join(HERE, "options.csv"), "w") as file:
        file.write("forward,strike,volatility,seconds,call,put,delta,gamma,vega,theta\n")
        for row in rows:
            file.write(point(*row) + "\n")


if __name__ == "__main__":
    {"tables": tables, "points": points}[sys.argv[1]]()
