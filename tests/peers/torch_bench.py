#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_bench.py - how fast PyTorch takes the steps that `holdout bench' times: the same networks, the same flags.

    torch_bench.py --net preact-resnet18 --threads 2
    torch_bench.py --net inception-small --input 29x29x3 --optimizer bilevel --channels-last
    torch_bench.py --net preact-resnet18 --eval

Prints one line of JSON under the names of `holdout bench --json'.  Numbers are comparable when both programs are run in
turn on one machine, which experiments/bench does.

A step of sgd is a forward and a backward pass over all its images, and momentum.  A step of bilevel is the method as
its authors wrote it: one forward and one backward pass for each mini-batch, weights <g_v, g_i>/(|g_i|^2 + 0.01),
normalised to sum |w| = 1, momentum on the weighted sum.  Images and labels are drawn once: what drawing costs holdout
in each step costs nothing here.
"""
import argparse
import json
import statistics
import time

import torch
from torch.nn import functional as F

from torch_nets import build

WARM_UP = 2  # steps that are not timed: they allocate, and oneDNN makes its kernels
MU = 0.01


def resident(key):
    """VmHWM or VmRSS of this process in bytes; getrusage may tell the peak of the program that started this one."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(key + ":"):
                return 1024 * int(line.split()[1])
    return 0


def flat(tensor, layout):
    """All elements as a vector, without a copy where the tensor has this layout."""
    if tensor.dim() == 4 and layout is torch.channels_last:
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.reshape(-1)


class Work:
    """A network, its images and labels, and the steps over them."""

    def __init__(self, a):
        height, width, channels = a.input
        self.layout = torch.channels_last if a.channels_last else torch.contiguous_format
        self.net = build(a.net, height, width, channels, a.classes).to(memory_format=self.layout)
        x = torch.randn(a.batch_size, channels, height, width).contiguous(memory_format=self.layout)
        y = torch.randint(0, a.classes, (a.batch_size,))
        count = a.minibatches if a.optimizer == "bilevel" else 1
        self.parts = list(zip(x.chunk(count), y.chunk(count)))
        self.params = list(self.net.parameters())
        if a.eval:
            self.net.eval()
        else:
            self.optimizer = torch.optim.SGD(self.params, 1e-3, momentum=0.9, weight_decay=5e-4)
        self.step = self.evaluate if a.eval else getattr(self, a.optimizer)

    def loss(self, part):
        return F.cross_entropy(self.net(part[0]), part[1])

    def evaluate(self):
        with torch.no_grad():
            self.net(self.parts[0][0])

    def sgd(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.parts[0]).backward()
        self.optimizer.step()

    def dot(self, a, b):
        return sum(torch.dot(flat(u, self.layout), flat(v, self.layout)).item() for u, v in zip(a, b))

    def bilevel(self):
        held_out = torch.autograd.grad(self.loss(self.parts[0]), self.params)
        total, direction = 0.0, None
        for part in self.parts[1:]:
            g = torch.autograd.grad(self.loss(part), self.params)
            w = self.dot(held_out, g) / (self.dot(g, g) + MU)
            total += abs(w)
            if direction is None:
                direction = [u.mul_(w) for u in g]
            else:
                for d, u in zip(direction, g):
                    d.add_(u, alpha=w)
        for p, d in zip(self.params, direction):
            p.grad = d.div_(total)
        self.optimizer.step()


def timed(step, steps):
    for _ in range(WARM_UP):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


def shape(text):
    sides = tuple(int(side) for side in text.split("x"))
    if len(sides) != 3 or min(sides) < 1:
        raise ValueError
    return sides


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                allow_abbrev=False)
    p.add_argument("--net", default="mlp", metavar="SPEC", help="network, NAME:key=value,... as for holdout")
    p.add_argument("--batch-size", type=int, default=64, metavar="N", help="images of a step")
    p.add_argument("--optimizer", choices=("sgd", "bilevel"), default="sgd")
    p.add_argument("--minibatches", type=int, default=8, metavar="N", help="of a step of bilevel, the held-out one too")
    p.add_argument("--eval", action="store_true", help="forward passes alone")
    p.add_argument("--input", type=shape, default=(32, 32, 3), metavar="HxWxC")
    p.add_argument("--classes", type=int, default=10, metavar="K")
    p.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N")
    p.add_argument("--steps", type=int, default=11, metavar="K", help="steps to time, behind two that are not")
    p.add_argument("--channels-last", action="store_true", help="PyTorch's other layout of images")
    a = p.parse_args()
    if min(a.batch_size, a.classes, a.threads, a.steps) < 1:
        p.error("--batch-size, --classes, --threads and --steps are at least 1")
    if a.optimizer == "bilevel" and (a.minibatches < 2 or a.batch_size % a.minibatches):
        p.error("--minibatches is at least 2 and divides --batch-size")
    return a


def main():
    a = parse()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    baseline = resident("VmRSS")
    work = Work(a)
    times = timed(work.step, a.steps)
    median = statistics.median(times)
    print(json.dumps({
        "images_per_s": a.batch_size / median, "median_step_s": median, "min_step_s": min(times),
        "max_step_s": max(times), "mean_step_s": statistics.fmean(times), "steps": a.steps,
        "peak_rss_bytes": resident("VmHWM"), "baseline_rss_bytes": baseline, "net": a.net,
        "parameters": sum(p.numel() for p in work.params), "input": a.input, "classes": a.classes, "eval": a.eval,
        "optimizer": None if a.eval else a.optimizer, "batch_size": a.batch_size, "threads": torch.get_num_threads(),
        "layout": "channels-last" if a.channels_last else "contiguous", "version": "PyTorch " + torch.__version__,
        "mkldnn": torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled,
    }))


if __name__ == "__main__":
    main()
