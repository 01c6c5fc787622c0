#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""parity.py - holds holdout trace against PyTorch: every network, both optimizers, three steps, every kernel.

    parity.py [--holdout PATH] [--kernels plain,avx2,avx512] [--only TEXT] [--steps N]
    parity.py --write tests/fixtures/parity

Needs PyTorch and numpy.  The second form makes the files that `make check' compares with; see fixtures.py.

The arbiter is PyTorch in float64, on images away from kinks (see reference.py).  An error is the largest
difference in a tensor, over the largest element of the tensor, and must stay below

    TOLERANCE[kind] + ALLOWANCE * spread,    at most CEILING.

TOLERANCE is for rounding alone.  float32 rounds to 6e-8; a logit here is at the end of sums of up to 3000 terms in up
to 32 layers, each of which adds the root of its number of roundings, some 1e-6; Winograd's F(4x4,3x3), whose transforms
have coefficients up to 8, loses about one digit more than a direct convolution; batch norm divides by deviations that
can be small.  Gradients pass through all of this twice, and bilevel's weights are quotients of sums of their products.
The spread, what noise of 2e-6 in every layer makes of a tensor, says how much of that this network passes on.  The
table has PyTorch's own float32 errors beside holdout's.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import torch

import reference
import tensors

KINDS = ("logits", "losses", "gradient", "weights", "direction", "updated", "buffer", "slot")
TOLERANCE = {"logits": 1e-5, "losses": 1e-5, "gradient": 3e-5, "weights": 3e-5, "direction": 3e-5, "updated": 1e-5,
             "buffer": 1e-5, "slot": 3e-5}
ALLOWANCE, CEILING = 4.0, 3e-3
LR = 0.02

# Networks: one of sizes that fast kernels like, one of odd sides and odd numbers of channels.  Height, width, channels.
CASES = (
    ("alexnet-small:width=0.5", (24, 24, 3), 10),
    ("alexnet-small:width=0.3", (13, 5, 2), 7),
    ("cifarnet:width=0.5,dropout=0", (24, 24, 3), 10),
    ("cifarnet:width=0.2,dropout=0", (13, 9, 4), 7),
    ("inception-small:width=0.5,dropout=0", (15, 15, 3), 10),
    ("inception-small:width=0.2,dropout=0", (13, 9, 2), 7),
    ("lenet:width=3", (28, 28, 1), 10),
    ("lenet:width=1.3", (13, 17, 3), 7),
    ("mlp:hidden=128", (16, 16, 3), 10),
    ("mlp:hidden=37,layers=3", (5, 13, 1), 7),
    ("preact-resnet18:width=16", (10, 10, 3), 10),
    ("preact-resnet18:width=5", (13, 9, 1), 7),
    ("resnet32:width=16", (12, 12, 3), 10),
    ("resnet32:width=7", (13, 5, 2), 7),
)
FORMS = {"sgd": (1, 8), "bilevel": (4, 4)}  # mini-batches, images in each


def kind_of(name, state):
    """What a tensor of a trace is; running averages are those of the updated that have no slot."""
    kind, _, rest = name.partition("/")
    return "buffer" if kind == "updated" and f"slot/0/{rest}" not in state else kind


def arguments(spec, optimizer, count, classes):
    """What a step of this kind is told, but for its files."""
    words = ["--net", spec, "--optimizer", optimizer, "--classes", str(classes), "--lr", str(LR)]
    return words + (["-O", f"bilevel.minibatches={count}"] if optimizer == "bilevel" else [])


def run_holdout(program, words, out, kernels=""):
    """One trace; the arrays of its file."""
    command = [program, "trace", *words, "--out", out, "--force"]
    environment = dict(os.environ, **({"HOLDOUT_KERNELS": kernels} if kernels else {}))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return tensors.read(out)


def tolerance(kind, spread):
    """What a tensor's error must stay below."""
    return min(CEILING, TOLERANCE[kind] + ALLOWANCE * spread)


def compare(found, arbiter):
    """Largest error of each kind over all steps; the largest share of what is allowed, and the tensor that has it."""
    errors, worst, where = dict.fromkeys(KINDS, 0.0), 0.0, ""
    for k, (_, result, spread, _) in enumerate(arbiter):
        missing = set(result) - set(found[k])
        if missing:
            raise RuntimeError(f"the trace lacks {', '.join(sorted(missing))}")
        for name, value in result.items():
            kind, error = kind_of(name, result), reference.difference(found[k][name], value)
            allowed = tolerance(kind, spread[name])
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
            words = arguments(spec, optimizer, len(batch[0]), classes) + ["--weights", weights, "--batch", file]
            results.append(run_holdout(options.holdout, words, out, kernels))
            weights = out
    return results


def check(options, case, optimizer):
    """One network with one optimizer: its lines of the table; the number of violations."""
    spec, shape, classes = case
    state, bad = reference.initial_state(spec, shape, classes, 1), 0
    arbiter, _ = reference.steps(options.steps, spec, state, shape, classes, FORMS[optimizer], optimizer, LR)
    runs = [("torch", [step[3] for step in arbiter])]
    for kernels in options.kernels.split(","):
        runs.append((kernels or "holdout", holdout_steps(options, kernels, case, optimizer, state, arbiter)))
    for name, found in runs:
        errors, worst, where = compare(found, arbiter)
        violated = name != "torch" and not worst <= 1
        bad += violated
        print(f"{spec:36} {optimizer:8} {name:8}" + "".join(f" {errors[kind]:9.1e}" for kind in KINDS) +
              f" {worst:6.2f}  {where}{'  VIOLATED' if violated else ''}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description="compare holdout trace with PyTorch")
    parser.add_argument("--holdout", default=os.environ.get("HOLDOUT", "./holdout"), help="the program (./holdout)")
    parser.add_argument("--kernels", default="", help="values of HOLDOUT_KERNELS to try, with commas between")
    parser.add_argument("--only", default="", help="the cases whose network or optimizer has this in its name")
    parser.add_argument("--steps", type=int, default=3, help="steps in a row (3)")
    parser.add_argument("--write", metavar="DIR", help="make the fixtures of make check instead")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.write:
        import fixtures  # pylint: disable=import-outside-toplevel
        return fixtures.write_all(options.holdout, options.write)
    print(f"{'network':36} {'chain':8} {'by':8}" + "".join(f" {kind:>9}" for kind in KINDS) + "  share of allowed")
    bad = 0
    for case in CASES:
        for optimizer in FORMS:
            if options.only in f"{case[0]} {optimizer}":
                bad += check(options, case, optimizer)
    print(f"{bad} violations" if bad else "all within tolerances")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
