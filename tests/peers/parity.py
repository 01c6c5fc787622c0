#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""parity.py - holds holdout trace against PyTorch: every network, both optimizers, three steps, every kernel.

    parity.py [--holdout PATH] [--kernels plain,avx2,avx512] [--only TEXT] [--steps N]
    parity.py --write tests/fixtures/parity [--methods [--only TEXT]]

Needs PyTorch and numpy.  The second form makes the files that `make check' compares with: of the networks, see
fixtures.py, and of every optimizer, see method_fixtures.py; with --methods, only those.

What is compared, and how far apart it may be, is in comparison.py.  The table has PyTorch's own float32 errors beside
holdout's.
"""
import argparse
import os
import sys
import tempfile

import torch

import comparison
import fixtures
import method_fixtures
import reference
import tensors

# Networks: one of sizes that fast kernels like, one of odd sides and odd numbers of channels.  Height, width, channels.
CASES = (
    ("alexnet-small:width=0.5", (24, 24, 3), 10),
    ("alexnet-small:width=0.3", (13, 5, 2), 7),
    ("cifarnet:width=0.5,dropout=0", (24, 24, 3), 10),
    ("cifarnet:width=0.2,dropout=0", (13, 9, 4), 7),
    ("inception-small:width=0.5,dropout=0", (11, 11, 3), 10),
    ("inception-small:width=0.2,dropout=0", (13, 9, 2), 7),
    ("lenet:width=3", (28, 28, 1), 10),
    ("lenet:width=1.3", (13, 17, 3), 7),
    ("mlp:hidden=128", (16, 16, 3), 10),
    ("mlp:hidden=37,layers=3", (5, 13, 1), 7),
    ("preact-resnet18:width=16", (10, 10, 3), 10),
    ("preact-resnet18:width=5", (13, 9, 1), 7),
    ("resnet32:width=16", (8, 8, 3), 10),
    ("resnet32:width=7", (13, 5, 2), 7),
)
FORMS = {"sgd": (1, 6), "bilevel": (4, 4)}  # mini-batches, images in each


def compare(found, arbiter):
    """Largest error of each kind over all steps; the largest share of what is allowed, and the tensor that has it."""
    errors, worst, where = dict.fromkeys(comparison.KINDS, 0.0), 0.0, ""
    for k, (_, result, spread, _) in enumerate(arbiter):
        missing = set(result) - set(found[k])
        if missing:
            raise RuntimeError(f"the trace lacks {', '.join(sorted(missing))}")
        for name, value in result.items():
            kind, error = comparison.kind_of(name, result), reference.difference(found[k][name], value)
            allowed = comparison.tolerance(kind, spread[name])
            errors[kind] = max(errors[kind], error)
            if not error / allowed <= worst:
                worst, where = error / allowed, f"step {k + 1} {name}"
    return errors, worst, where


def holdout_steps(options, kernels, case, optimizer, state, arbiter):
    """The arbiter's steps by holdout: each step begins with the file of the one before."""
    spec, _, classes = case
    results = []
    with tempfile.TemporaryDirectory() as folder:
        weights, file, out = (os.path.join(folder, name) for name in ("weights", "batch", "trace"))
        tensors.write(weights, state)
        for batch, _, _, _ in arbiter:
            tensors.write(file, dict(zip(("images", "labels"), batch)))
            words = comparison.arguments(spec, optimizer, len(batch[0]), classes)
            words += ["--weights", weights, "--batch", file]
            results.append(comparison.run_holdout(options.holdout, words, out, kernels))
            weights = out
    return results


def check(options, case, optimizer):
    """One network with one optimizer: its lines of the table; the number of violations."""
    spec, shape, classes = case
    state, bad = reference.initial_state(spec, shape, classes, 1), 0
    arbiter, _ = reference.steps(options.steps, spec, state, shape, classes, FORMS[optimizer], optimizer, comparison.LR)
    runs = [("torch", [step[3] for step in arbiter])]
    for kernels in options.kernels.split(","):
        runs.append((kernels or "holdout", holdout_steps(options, kernels, case, optimizer, state, arbiter)))
    for name, found in runs:
        errors, worst, where = compare(found, arbiter)
        violated = name != "torch" and not worst <= 1
        bad += violated
        print(f"{spec:36} {optimizer:8} {name:8}" + "".join(f" {errors[kind]:9.1e}" for kind in comparison.KINDS) +
              f" {worst:6.2f}  {where}{'  VIOLATED' if violated else ''}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description="compare holdout trace with PyTorch")
    parser.add_argument("--holdout", default=os.environ.get("HOLDOUT", "./holdout"), help="the program (./holdout)")
    parser.add_argument("--kernels", default="", help="values of HOLDOUT_KERNELS to try, with commas between")
    parser.add_argument("--only", default="", help="the cases whose network or optimizer has this in its name")
    parser.add_argument("--steps", type=int, default=3, help="steps in a row (3)")
    parser.add_argument("--write", metavar="DIR", help="make the fixtures of make check instead")
    parser.add_argument("--methods", action="store_true", help="with --write: those of the optimizers alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.write and not options.methods:
        fixtures.write_all(options.holdout, options.write)
    if options.write:
        return method_fixtures.write_all(options.holdout, options.write, options.only if options.methods else "")
    print(f"{'network':36} {'chain':8} {'by':8}" + "".join(f" {kind:>9}" for kind in comparison.KINDS) +
          "  share of allowed")
    bad = 0
    for case in CASES:
        for optimizer in FORMS:
            if options.only in f"{case[0]} {optimizer}":
                bad += check(options, case, optimizer)
    print(f"{bad} violations" if bad else "all within tolerances")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"parity.py: {error}")
