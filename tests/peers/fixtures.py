# SPDX-License-Identifier: MIT
"""fixtures.py - the small cases that `make check' compares holdout trace with, where there is no PyTorch.

`parity.py --write tests/fixtures/parity' makes all of them; the same PyTorch makes the same bytes.

    NET.weights.safetensors     parameters, running averages and slots after a step
    NET-CHAIN.safetensors       images and labels, what a step from there gives in float64, tolerances as notes
    cases                       a line for each: name, file of weights or -, arguments of holdout trace

Wide networks, which reach the kernels of large layers, begin with holdout's own initial weights of seed 0, and only
some of what they give is kept; a change of the initial weights makes these cases void, and this makes them again.
"""
import os
import re
import tempfile

import numpy

import comparison
import reference
import tensors

FORMS = {"sgd": (1, 6), "bilevel": (4, 4)}
# Specification, images, classes, chains; width of the wide ones is told by having no weights of their own.
NARROW = (
    ("alexnet-small:width=0.05", (6, 7, 2), 4),
    ("cifarnet:width=0.05,dropout=0", (7, 8, 2), 4),
    ("inception-small:width=0.03,dropout=0", (9, 8, 2), 4),
    ("lenet:width=0.15", (13, 12, 1), 4),
    ("mlp:hidden=9", (5, 3, 2), 4),
    ("preact-resnet18:width=1", (15, 16, 1), 4),
    ("resnet32:width=2", (9, 10, 2), 4),
)
WIDE = (
    ("inception-small:width=0.5,dropout=0", (10, 11, 3), 10),
    ("resnet32:width=16", (8, 9, 3), 10),
)
REPEATED = re.compile(r"layer\d\.[1-9]|incept_[2468]")  # much like the one before


def kept(name, result, wide, count):
    """Whether a tensor goes into the file: what another does not imply, so that the files stay small."""
    kind, number = comparison.kind_of(name, result), name.split("/")[1] if "/" in name else ""
    if REPEATED.search(name):
        return False
    if kind == "gradient" and int(number) != count - 1:
        return False
    if kind == ("direction" if count == 1 else "slot"):  # sgd's direction is its gradient
        return False
    most = {"updated": 0, "slot": 0, "direction": 64}.get(kind, 2500)
    return not wide or result[name].size <= most


def narrow_state(spec, shape, classes):
    """float32 weights after a step of sgd; of seeds whose units die by then, the next."""
    for seed in range(reference.SEEDS):
        state = reference.initial_state(spec, shape, classes, seed)
        done, state = reference.steps(1, spec, state, shape, classes, FORMS["sgd"], "sgd", comparison.LR)
        if all(value.any() for name, value in done[0][1].items() if name.startswith("gradient/")):
            return {name: value.astype(numpy.float32) for name, value in state.items()}
    raise RuntimeError(f"{spec}: some gradients are 0 for all seeds: a wider case helps")


def wide_state(program, spec, shape, classes, folder):
    """The initial weights, as a step that moves nothing leaves them; running averages begin at 0 and 1."""
    batch, out = os.path.join(folder, "batch"), os.path.join(folder, "trace")
    labels = reference.random_labels(4, classes, 0)
    images = reference.random_images(labels, shape, classes, 0)
    tensors.write(batch, {"images": images[None], "labels": labels[None]})
    words = comparison.arguments(spec, "sgd", 1, classes)
    found = comparison.run_holdout(program, words + ["--lr", "0", "--batch", batch], out)
    state = {name[len("updated/"):]: value.copy() for name, value in found.items() if name.startswith("updated/")}
    for name, value in state.items():
        if name.endswith((".running_mean", ".running_var")):
            value.fill(name.endswith(".running_var"))
    return state


def write_case(case, optimizer, state, wide, path):
    """The file of one case."""
    spec, shape, classes = case
    done, _ = reference.steps(1, spec, state, shape, classes, FORMS[optimizer], optimizer, comparison.LR)
    (images, labels), result, spread, _ = done[0]
    notes, arrays = {"net": spec, "optimizer": optimizer}, {"images": images, "labels": labels}
    for kind in comparison.KINDS:
        largest = max((spread[name] for name in result if comparison.kind_of(name, result) == kind), default=0.0)
        notes[f"tolerance {kind}"] = f"{comparison.tolerance(kind, largest):.3g}"
    arrays.update({name: value for name, value in result.items() if kept(name, result, wide, len(images))})
    tensors.write(path, arrays, notes)


def write_all(program, folder):
    """Every case, and the list of them."""
    os.makedirs(folder, exist_ok=True)
    lines = []
    for case in NARROW + WIDE:
        spec, shape, classes = case
        wide = case in WIDE
        net = spec.partition(":")[0]
        weights = "-" if wide else f"{net}.weights.safetensors"
        if wide:
            with tempfile.TemporaryDirectory() as scratch:
                state = wide_state(program, spec, shape, classes, scratch)
        else:
            state = narrow_state(spec, shape, classes)
            tensors.write(os.path.join(folder, weights), state)
        for optimizer, (count, _) in FORMS.items():
            name = f"{net}{'-wide' if wide else ''}-{optimizer}"
            write_case(case, optimizer, state, wide, os.path.join(folder, f"{name}.safetensors"))
            lines.append(" ".join([name, weights] + comparison.arguments(spec, optimizer, count, classes)))
            print(lines[-1], flush=True)
    with open(os.path.join(folder, "cases"), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return 0
