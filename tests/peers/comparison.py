# SPDX-License-Identifier: MIT
"""comparison.py - how holdout trace is called, and how far from PyTorch what it gives may be.

The arbiter is PyTorch in float64, on images away from kinks (see reference.py).  An error is the largest difference in
a tensor, over the largest element of the tensor, and must stay below

    TOLERANCE[kind] + ALLOWANCE * spread,    at most CEILING.

TOLERANCE is for rounding alone.  float32 rounds to 6e-8; a logit here is at the end of sums of up to 3000 terms in up
to 32 layers, each of which adds the root of its number of roundings, some 1e-6; Winograd's F(4x4,3x3), whose transforms
have coefficients up to 8, loses about one digit more than a direct convolution; batch norm divides by deviations that
can be small.  Gradients pass through all of this twice, and bilevel's weights are quotients of sums of their products.
The spread, what noise of 3e-6 in every layer makes of a tensor, says how much of that this network passes on.
"""
import os
import subprocess

import tensors

KINDS = ("logits", "losses", "gradient", "weights", "direction", "updated", "buffer", "slot")
TOLERANCE = {"logits": 1e-5, "losses": 1e-5, "gradient": 3e-5, "weights": 3e-5, "direction": 3e-5, "updated": 1e-5,
             "buffer": 1e-5, "slot": 3e-5}
ALLOWANCE, CEILING = 4.0, 1e-2
LR = 0.02


def kind_of(name, state):
    """What a tensor of a trace is; running averages are those of the updated that have no slot."""
    kind, _, rest = name.partition("/")
    return "buffer" if kind == "updated" and f"slot/0/{rest}" not in state else kind


def arguments(spec, optimizer, count, classes):
    """What a step of this kind is told, but for its files."""
    words = ["--net", spec, "--optimizer", optimizer, "--classes", str(classes), "--lr", str(LR),
             "--sched", "const"]
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
