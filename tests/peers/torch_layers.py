# SPDX-License-Identifier: MIT
"""torch_layers.py - what the networks of torch_nets.py share: padding, pools and norms as holdout has them."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class BatchNorm(nn.Module):
    """Batch norm whose scale may be absent, and which does not count mini-batches."""

    def __init__(self, channels, scale, eps, momentum):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.register_parameter("weight", nn.Parameter(torch.ones(channels)) if scale else None)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training,
                            self.momentum, self.eps)


def same_padding(side, kernel, stride):
    """TensorFlow's SAME: zeros before and after, the larger half after."""
    results = -(-side // stride)
    total = max(0, (results - 1) * stride + kernel - side)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution that pads as SAME for images of one size."""

    def __init__(self, size, channels, out, kernel, stride, bias):
        (top, bottom), (left, right) = (same_padding(side, kernel, stride) for side in size)
        symmetric = top == bottom and left == right
        super().__init__(channels, out, kernel, stride, (top, left) if symmetric else 0, bias=bias)
        self.before = None if symmetric else (left, right, top, bottom)

    def forward(self, x):
        return super().forward(x if self.before is None else F.pad(x, self.before))


class SameMaxPool2d(nn.Module):
    """The maximum over 3x3 with stride 2, padded as SAME; ceil_mode pads after the image where SAME does only there."""

    def __init__(self, size):
        super().__init__()
        self.padding = tuple(same_padding(side, 3, 2)[0] for side in size)

    def forward(self, x):
        return F.max_pool2d(x, 3, 2, self.padding, ceil_mode=True)


def response_norm(x):
    """Nine neighbouring channels; PyTorch divides alpha by their number, TensorFlow does not: there 0.001/9."""
    return F.local_response_norm(x, 9, alpha=0.001, beta=0.75, k=1.0)


def times(width, n):
    """What becomes of n channels under a factor of widths."""
    return max(1, math.floor(width * n + 0.5))


def half(size):
    return tuple(-(-side // 2) for side in size)
