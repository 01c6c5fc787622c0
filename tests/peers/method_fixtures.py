# SPDX-License-Identifier: MIT
"""method_fixtures.py - every optimizer of plugins/, some steps in a row, to hold holdout trace against in `make check'.

holdout trace makes the steps, each from the file of the one before; what chance decides is read from its files and
given to the twin (methods.py), which computes the rest in float64.

    method-NAME.safetensors     STEP/TENSOR: what the twin gives; tolerances as notes
    transition.tsv              the matrix of the corrections
    methods                     a line for each: name, steps, arguments of holdout trace

Images, initial weights and draws are holdout's own of a seed, of the synthetic data set; a change of any makes these
cases void, and this makes them again.  Tolerances are as in comparison.py, with what float32 makes of the twin itself
for a spread; and where a method goes by `slopes', which are differences, with the accuracy of those (optimizer.h).
"""
import os
import tempfile

import numpy
import torch

import comparison
import methods
import reference
import tensors

PLAIN, NORMS = "mlp:hidden=8", "preact-resnet18:width=2"
IMAGES, BATCH, CLASSES = 40, 20, 10
FLOOR, MOST = {PLAIN: 3e-6, NORMS: 1e-4}, {PLAIN: 600, NORMS: 150}
SPREAD, SEEDS = 1e-3, 20


class Case:
    """A chain of optimizers with options, a network, some epochs of two steps."""

    shape, classes, per_epoch = (16, 16, 3), CLASSES, IMAGES // BATCH

    def __init__(self, name, optimizer, options=None, net=PLAIN, epochs=2, lr=0.1, minibatches=1, slack=None):
        self.name, self.optimizer, self.net, self.epochs, self.lr = name, optimizer, net, epochs, lr
        self.options, self.slack, self.steps = options or {}, slack or {}, self.per_epoch * epochs
        self.method = methods.TWINS[optimizer]
        words = {"minibatches": minibatches} if minibatches > 1 else {}
        self.words = {**words, **self.options}
        i = numpy.arange(CLASSES)
        self.transition = 0.6 * numpy.eye(CLASSES) + 0.3 * numpy.eye(CLASSES)[(i + 1) % CLASSES] + 0.01

    def arguments(self, seed, lr=None):
        words = ["--dataset", "synthetic", "--train-size", IMAGES, "--clean-size", BATCH, "--batch-size", BATCH,
                 "--epochs", self.epochs, "--net", self.net, "--optimizer", self.optimizer,
                 "--lr", self.lr if lr is None else lr, "--sched", "const", "--seed", seed]
        for key, value in self.words.items():
            words += ["-O", f"{self.optimizer}.{key}={str(value).lower()}"]
        return [str(word) for word in words]


MATRIX = {"matrix": "transition.tsv"}
ANY = "any other"  # what a step makes of weights by `slopes', which differ between processors within their accuracy
CASES = (
    Case("sgd", "sgd", lr=0.05, epochs=3),
    Case("sgd-nesterov", "sgd", {"nesterov": True}, minibatches=4),
    Case("adam", "adam", lr=0.002, epochs=3),
    Case("air", "air", {"lambda_s": 0.5, "lambda_l": 0.02, "mu": 0.01, "batch": IMAGES, "epochs": 30}),
    Case("sam", "sam", {"rho": 0.1}),
    Case("sam-norms", "sam", net=NORMS, lr=0.02),
    Case("label-smoothing", "label-smoothing"),
    Case("bootstrap-soft", "bootstrap"),
    Case("bootstrap-hard", "bootstrap", {"kind": "hard"}),
    Case("noise-layer", "noise-layer", epochs=4),
    Case("noise-layer-scratch", "noise-layer", {"warmup": 0}),
    Case("mentornet", "mentornet", {"dropout": "0:100"}, epochs=6),
    Case("mentornet-dropout", "mentornet"),
    Case("mentornet-self-paced", "mentornet", {"curriculum": "self-paced", "dropout": "0:100"}),
    Case("mentornet-focal", "mentornet", {"curriculum": "focal"}),
    Case("mixup", "mixup"),
    Case("bilevel", "bilevel", minibatches=4, epochs=3),
    Case("bilevel-norms", "bilevel", minibatches=2, net=NORMS, lr=0.02),
    Case("bilevel-validation", "bilevel", {"validation": 2, "mu": 1.0, "clip": True}, minibatches=5),
    Case("bilevel-layers", "bilevel", {"per_layer": True}, minibatches=4),
    Case("bilevel-raw", "bilevel", {"l1": False, "mu": 0.1}, minibatches=4, lr=0.01),
    Case("bilevel-uniform", "bilevel", {"weights": "uniform"}, minibatches=4),
    Case("random-weights", "random-weights"),
    Case("gce", "gce"),
    Case("gce-truncated", "gce", {"truncate": 1, "every": 2, "k": 0.1}, epochs=4),
    Case("sce", "sce"),
    Case("forward-correction", "forward-correction", MATRIX),
    Case("backward-correction", "backward-correction", MATRIX, lr=0.02),
    Case("elr", "elr", epochs=3),
    Case("l2rw", "l2rw", slack={"sample-weights": 5e-3, ANY: 5e-3}),
    # l2rw with batch norm is not held against it: `slopes' are too rough there for more than a step.
    Case("meta-weight-net", "meta-weight-net", {"lr": 0.01},
         slack={"sample-weights": 2e-3, "state": 2e-2, "state/meta-weight-net/theta": 1e-3, ANY: 5e-3}),
    Case("co-teaching", "co-teaching", {"forget": 0.4, "gradual": 3}, epochs=3),
    Case("co-teaching-norms", "co-teaching", {"forget": 0.3, "gradual": 2}, net=NORMS, lr=0.02),
)


def trace(program, words, folder, weights=None):
    """One step by holdout, in a folder; the arrays of its file."""
    out = os.path.join(folder, "trace")
    program = os.path.abspath(program)
    here = os.getcwd()
    os.chdir(folder)
    try:
        return comparison.run_holdout(program, words + (["--weights", out] if weights else []), out)
    finally:
        os.chdir(here)


def start_of(program, case, seed, folder):
    """Initial weights and state, as a step leaves them that moves nothing; running averages begin at 0 and 1."""
    words = case.arguments(seed, 0) + (["-O", "meta-weight-net.lr=0"] if case.optimizer == "meta-weight-net" else [])
    start = {name: value.copy() for name, value in trace(program, words, folder).items()}
    for name, value in start.items():
        if name.endswith((".running_mean", ".running_var")):
            value.fill(name.endswith(".running_var"))
    return start


def pool_of(program, case, seed, folder):
    """All training images in the order of their numbers."""
    words = case.arguments(seed)
    for key, value in (("--batch-size", IMAGES), ("--optimizer", "sgd")):
        words[words.index(key) + 1] = str(value)
    words = words[:words.index("-O")] if "-O" in words else words
    drawn = trace(program, words, folder)
    order = drawn["samples"][0].argsort()
    return {name: drawn[name][0][order] for name in ("samples", "labels", "images")}


def steps_of(program, case, seed, folder):
    """What holdout gives, step by step."""
    done = []
    for k in range(case.steps):
        done.append(trace(program, case.arguments(seed), folder, k > 0))
    return done


def check_mixing(case, pool, done):
    """x = lambda x + (1 - lambda) x', with one lambda for a mini-batch and partners out of it."""
    for step in done:
        samples, partners, share = step["samples"][0], step["partners"][0], step["shares"][0]
        lam = share[share < 1]
        mixed = share[:, None, None, None] * pool["images"][samples] + \
            (1 - share[:, None, None, None]) * pool["images"][partners]
        if case.optimizer == "mixup" and not (len(set(lam)) == 1 and set(partners) <= set(samples)):
            raise RuntimeError("mixup: not one lambda for a mini-batch, or partners from elsewhere")
        if numpy.abs(mixed - step["images"][0]).max() > 1e-5:
            raise RuntimeError(f"{case.name}: images are not mixed as shares and partners say")


def twin_steps(case, start, pool, done, dtype):
    twin = case.method(case, start, pool, dtype)
    return [twin.step(given) for given in done]


def kind_of(name):
    """logits, updated, ...; running averages are `buffer'; whatever network it is of."""
    if name.endswith((".running_mean", ".running_var")):
        return "buffer"
    return name.split("/")[1 if name.startswith("net1/") else 0]


def kept(case, k, name, value):
    """Whether a tensor goes into the file: results of the last step and of those that change what comes after."""
    if kind_of(name) in ("updated", "slot", "buffer"):
        return k == case.steps - 1 and value.size <= MOST[case.net]
    return True


def fixture(program, case, folder):
    """(seed, arrays, notes) of the first seed whose steps stay away from kinks, and the share of what is allowed that
    this program takes."""
    for seed in range(SEEDS):
        start, pool = start_of(program, case, seed, folder), pool_of(program, case, seed, folder)
        done = steps_of(program, case, seed, folder)
        if len(done[0]["images"]) == 1:
            check_mixing(case, pool, done)
        exact = twin_steps(case, start, pool, done, torch.float64)
        rounded = twin_steps(case, start, pool, done, torch.float32)
        spread, error, arrays = {}, {}, {}
        for k in range(case.steps):
            for name, value in exact[k].items():
                kind = name if name in case.slack else kind_of(name)
                spread[kind] = max(spread.get(kind, 0), reference.difference(rounded[k][name], value))
                error[kind] = max(error.get(kind, 0), reference.difference(done[k][name].reshape(value.shape), value))
                if kept(case, k, name, value):
                    arrays[f"{k}/{name}"] = value
            arrays[f"{k}/labels"], arrays[f"{k}/samples"] = done[k]["labels"], done[k]["samples"]
        if max(spread.values()) > SPREAD:
            continue
        allowed = {kind: FLOOR[case.net] + comparison.ALLOWANCE * value + case.slack.get(kind, case.slack.get(ANY, 0))
                   for kind, value in spread.items()}
        notes = {f"tolerance {kind}": f"{value:.3g}" for kind, value in allowed.items()}
        share = max((error[kind] / value, kind) for kind, value in allowed.items())
        return seed, arrays, notes, share
    raise RuntimeError(f"{case.name}: no seed is away from kinks: another learning rate helps")


def write_all(program, folder, only=""):
    """Every case, and the list of them."""
    lines, untested = [], set(methods.TWINS) - {case.optimizer for case in CASES}
    if untested:
        raise RuntimeError(f"no case for {', '.join(sorted(untested))}")
    numpy.savetxt(os.path.join(folder, "transition.tsv"), CASES[0].transition, "%.2f", "\t")
    for case in CASES:
        if only not in case.name:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            numpy.savetxt(os.path.join(scratch, "transition.tsv"), case.transition, "%.2f", "\t")
            seed, arrays, notes, (share, kind) = fixture(program, case, scratch)
        notes.update(net=case.net, optimizer=case.optimizer)
        tensors.write(os.path.join(folder, f"method-{case.name}.safetensors"), arrays, notes)
        lines.append(" ".join([f"method-{case.name}", str(case.steps)] + case.arguments(seed)))
        print(f"{case.name:24} seed {seed:2}  {share:8.2f} of what is allowed, in {kind}"
              f"{'  VIOLATED' if share > 1 else ''}", flush=True)
    if not only:
        with open(os.path.join(folder, "methods"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
    return 0
