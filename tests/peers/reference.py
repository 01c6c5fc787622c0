# SPDX-License-Identifier: MIT
"""reference.py - a step of sgd and of bilevel written with PyTorch, and how far rounding can move what comes out.

A state is a dictionary of arrays with the names of a file for --weights: parameters, running averages, slot/0/NAME.
A step gives a dictionary with the names of the file that holdout trace writes.

A unit on the kink of its ReLU, or two equal numbers under a maximum, fall to either side by the last bit, and then the
gradient jumps, in any implementation: no tolerance is right for that.  So images are taken away from kinks.  A step is
done in float64, and again DISTURBED times with noise of NOISE times its root mean square added to what every
convolution, dense layer and norm gives, forward and backward; that is more than rounding does, Winograd's included, so
it moves the units that rounding can move.  The largest difference that this or float32 makes in a tensor is its spread:
some 1e-5, or 1e-2 and more when a unit moved.  Where one is above SPREAD, other images are tried.  PyTorch alone
decides that.
"""
import numpy
import torch
from torch.nn import functional as F

import torch_layers
import torch_nets

MOMENTUM, DECAY, MU = 0.9, 5e-4, 0.01  # the defaults of holdout
NOISE, DISTURBED, SPREAD, SEEDS = 3e-6, 10, 2e-3, 2000


def initial_state(spec, shape, classes, seed):
    """Random weights; norms are shifted, scaled and have a past, so that each of their tensors matters."""
    torch.manual_seed(seed)
    net = torch_nets.build(spec, *shape, classes)
    for module in net.modules():
        if isinstance(module, torch_layers.BatchNorm):
            if module.weight is not None:
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            module.running_mean.normal_(0, 0.5)
            module.running_var.uniform_(0.5, 2)
    return {name: value.numpy().copy() for name, value in net.state_dict().items()}


def random_labels(size, classes, seed):
    """Labels of a mini-batch; the last class is among them, so that their number can be seen."""
    labels = numpy.random.default_rng(seed).integers(0, classes, size)
    labels[0] = classes - 1
    return labels.astype(numpy.int64)


def random_images(labels, shape, classes, seed):
    """Images with a pattern of their class under noise."""
    height, width, channels = shape
    patterns = numpy.random.default_rng(0).normal(0, 0.7, (classes, channels, height, width))
    draw = numpy.random.default_rng(seed)
    return (patterns[labels] + draw.normal(0, 0.7, (len(labels), channels, height, width))).astype(numpy.float32)


def _disturb(net, epsilon, seed):
    """Adds noise to what each convolution, dense layer and norm gives, and to the gradient that comes back."""
    draw = torch.Generator().manual_seed(seed)

    def noisy(x):
        scale = epsilon * x.detach().pow(2).mean().sqrt()
        return x + scale * torch.randn(x.shape, generator=draw, dtype=x.dtype)

    def hook(module, inputs, output):
        output = noisy(output)
        output.register_hook(noisy)
        return output

    for module in net.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear, torch_layers.BatchNorm)):
            module.register_forward_hook(hook)


def _weights(gradients):
    """w_i = <g_v, g_i> / (|g_i|^2 + mu), sum |w| = 1; the first mini-batch validates."""
    validation, training = gradients[0], gradients[1:]
    w = []
    for g in training:
        product = sum((v * own).sum() for v, own in zip(validation.values(), g.values()))
        w.append(product / (sum((own * own).sum() for own in g.values()) + MU))
    w = torch.stack(w)
    return w / w.abs().sum()


def step(spec, state, images, labels, classes, optimizer, lr, dtype, noise=0.0, seed=0):
    """One step from a state; gives what a trace holds, and the state after it."""
    count, size, channels, height, width = images.shape
    net = torch_nets.build(spec, height, width, channels, classes).to(dtype)
    net.load_state_dict({name: torch.tensor(value) for name, value in state.items() if "/" not in name})
    if noise:
        _disturb(net, noise, seed)
    out, gradients, logits, losses = {}, [], [], []
    for g in range(count):
        net.zero_grad()
        z = net(torch.tensor(images[g]).to(dtype))
        loss = F.cross_entropy(z, torch.tensor(labels[g]), reduction="none")
        loss.mean().backward()
        logits.append(z.detach())
        losses.append(loss.detach())
        gradients.append({name: p.grad.detach().clone() for name, p in net.named_parameters()})
    w = _weights(gradients) if optimizer == "bilevel" else torch.ones(1, dtype=dtype)
    used = gradients[1:] if optimizer == "bilevel" else gradients
    out["logits"], out["losses"] = torch.stack(logits), torch.stack(losses)
    for g, gradient in enumerate(gradients):
        out.update({f"gradient/{g}/{name}": value for name, value in gradient.items()})
    out["weights"] = w
    slots, updated = {}, {}
    for name, p in net.named_parameters():
        direction = sum(w[i] * g[name] for i, g in enumerate(used))
        slot = torch.tensor(state.get(f"slot/0/{name}", numpy.zeros(p.shape))).to(dtype)
        decay = DECAY if p.dim() > 1 else 0.0
        slot = MOMENTUM * slot + direction + decay * p.detach()
        out[f"direction/{name}"], slots[f"slot/0/{name}"] = direction, slot
        updated[name] = p.detach() - lr * slot
    updated.update({name: value for name, value in net.named_buffers()})
    out.update({f"updated/{name}": value for name, value in updated.items()})
    out.update(slots)
    out = {name: value.numpy().copy() for name, value in out.items()}
    after = {name: out[f"updated/{name}"] for name in updated}
    after.update({name: out[name] for name in slots})
    return out, after


def difference(a, b):
    """Largest difference over the largest element of b; what should be 0 throughout must be."""
    apart, scale = numpy.abs(a.astype(numpy.float64) - b).max(), numpy.abs(b).max()
    return apart / scale if scale else (numpy.inf if apart else 0.0)


def _spread(arguments, result, rounded=None):
    """For each tensor, the largest difference that noise or float32 makes; None when a unit moved over its kink."""
    spread = {name: difference(rounded[name], value) if rounded else 0.0 for name, value in result.items()}
    for seed in range(DISTURBED):
        if max(spread.values()) > SPREAD:
            return None
        disturbed, _ = step(*arguments, torch.float64, NOISE, seed)
        for name in spread:
            spread[name] = max(spread[name], difference(disturbed[name], result[name]))
    return None if max(spread.values()) > SPREAD else spread


def _minibatch(spec, state, labels, shape, classes, lr, seeds):
    """Images of one mini-batch away from kinks: those of a step do not touch each other before their gradients do."""
    for seed in seeds:
        images = random_images(labels, shape, classes, seed)
        arguments = (spec, state, images[None], labels[None], classes, "sgd", lr)
        if _spread(arguments, step(*arguments, torch.float64)[0]):
            return images
    raise RuntimeError(f"{spec}: too few of {SEEDS} mini-batches are away from kinks: a smaller case helps")


def steps(number, spec, state, shape, classes, form, optimizer, lr):
    """So many steps in a row away from kinks: a list of (images and labels, what the step gives in float64, its
    spreads, what it gives in float32), and the state after them.  `form' is mini-batches, all with the same labels in
    the same order, and images in each."""
    done, seeds, state32 = [], iter(range(SEEDS)), state
    while len(done) < number:
        labels = random_labels(form[1], classes, len(done))
        images = numpy.stack([_minibatch(spec, state, labels, shape, classes, lr, seeds) for _ in range(form[0])])
        batch = images, numpy.tile(labels, (form[0], 1))
        result, after = step(spec, state, *batch, classes, optimizer, lr, torch.float64)
        rounded, after32 = step(spec, state32, *batch, classes, optimizer, lr, torch.float32)
        spread = _spread((spec, state, *batch, classes, optimizer, lr), result, rounded)
        if spread:
            done.append((batch, result, spread, rounded))
            state, state32 = after, after32
    return done, state
