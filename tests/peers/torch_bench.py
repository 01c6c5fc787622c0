#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_bench.py - how fast PyTorch takes the steps that `holdout bench' times: the same networks, the same flags.

    torch_bench.py --net preact-resnet18 --threads 2
    torch_bench.py --net inception-small --input 29x29x3 --optimizer bilevel --channels-last
    torch_bench.py --net preact-resnet18 --eval
    torch_bench.py --net preact-resnet18 --engine cuda --precision tf32 --graph

Prints one line of JSON under the names of `holdout bench --json'.  Numbers are comparable when both programs are run in
turn on one machine, which experiments/bench does.

A step of sgd is a forward and a backward pass over all its images, and momentum.  A step of bilevel is the method as
its authors wrote it: one forward and one backward pass for each mini-batch, weights <g_v, g_i>/(|g_i|^2 + 0.01),
normalised to sum |w| = 1, momentum on the weighted sum.  Images and labels are drawn once: what drawing costs holdout
in each step costs nothing here.

On a GPU, a time is that of ten steps, the last of which has ended, divided by ten.  --graph makes a step one CUDA graph;
--grouped takes the gradients of all mini-batches by one forward and one backward pass, batch norm in each mini-batch.
"""
import argparse
import json
import statistics
import time

import torch
from torch.nn import functional as F

from torch_nets import build

WARM_UP = 2  # steps that are not timed: they allocate, and oneDNN makes its kernels
TOGETHER = 10  # steps that are timed together on a GPU
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
        self.device, self.grouped = torch.device(a.engine), a.grouped
        self.layout = torch.channels_last if a.channels_last else torch.contiguous_format
        self.net = build(a.net, height, width, channels, a.classes).to(self.device, memory_format=self.layout)
        x = torch.randn(a.batch_size, channels, height, width).to(self.device).contiguous(memory_format=self.layout)
        y = torch.randint(0, a.classes, (a.batch_size,)).to(self.device)
        count = a.minibatches if a.optimizer == "bilevel" else 1
        self.parts = list(zip(x.chunk(count), y.chunk(count)))
        self.params = list(self.net.parameters())
        if a.eval:
            self.net.eval()
        else:
            self.optimizer = torch.optim.SGD(self.params, 1e-3, momentum=0.9, weight_decay=5e-4)
        self.step = self.evaluate if a.eval else getattr(self, a.optimizer)
        if a.precision == "bf16":
            step = self.step
            self.step = lambda: self.in_bf16(step)
        if a.graph:
            self.step = self.captured(self.step)

    def in_bf16(self, step):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            step()

    def captured(self, step):
        """The step as one CUDA graph.  A few steps before it, on another stream, allocate what it keeps."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP + 1):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

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
        return sum(torch.dot(flat(u, self.layout), flat(v, self.layout)) for u, v in zip(a, b))

    def bilevel(self):
        if self.device.type == "cuda":
            self.direct(self.grouped_rows() if self.grouped else
                        [torch.autograd.grad(self.loss(part), self.params) for part in self.parts])
        else:
            self.bilevel_on_cpu()

    def direct(self, rows):
        """The step along the weighted sum of rows; weights stay on the device, which nothing waits for."""
        held_out = rows[0]
        w = [self.dot(held_out, g) / (self.dot(g, g) + MU) for g in rows[1:]]
        total = sum(x.abs() for x in w)
        for i, p in enumerate(self.params):
            p.grad = sum(x * g[i] for x, g in zip(w, rows[1:])) / total
        self.optimizer.step()

    def grouped_rows(self):
        """The gradient of each mini-batch, all by one pass: torch.func makes the convolutions grouped ones."""
        names = [name for name, _ in self.net.named_parameters()]
        count = len(self.parts)
        stats = {name: b.expand(count, *b.shape).clone() for name, b in self.net.named_buffers()}  # each moves its own

        def loss(values, stats, x, y):
            out = torch.func.functional_call(self.net, {**dict(zip(names, values)), **stats}, (x,))
            return F.cross_entropy(out, y)

        each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0, 0), randomness="different")
        rows = each(tuple(p.detach() for p in self.params), stats, torch.stack([x for x, _ in self.parts]),
                    torch.stack([y for _, y in self.parts]))
        return list(zip(*(row.unbind(0) for row in rows)))

    def bilevel_on_cpu(self):
        held_out = torch.autograd.grad(self.loss(self.parts[0]), self.params)
        total, direction = 0.0, None
        for part in self.parts[1:]:
            g = torch.autograd.grad(self.loss(part), self.params)
            w = self.dot(held_out, g).item() / (self.dot(g, g).item() + MU)
            total += abs(w)
            if direction is None:
                direction = [u.mul_(w) for u in g]
            else:
                for d, u in zip(direction, g):
                    d.add_(u, alpha=w)
        for p, d in zip(self.params, direction):
            p.grad = d.div_(total)
        self.optimizer.step()


def timed(step, steps, device):
    for _ in range(WARM_UP):
        step()
    times = []
    if device.type == "cuda":
        for _ in range(max(1, steps // TOGETHER)):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(TOGETHER):
                step()
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) / TOGETHER)
        return times
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
    p.add_argument("--engine", default="cpu", metavar="NAME", help="cpu, cuda or cuda:N")
    p.add_argument("--precision", choices=("float32", "tf32", "bf16"), default="float32", help="on a GPU")
    p.add_argument("--graph", action="store_true", help="a step is one CUDA graph")
    p.add_argument("--grouped", action="store_true", help="bilevel by one pass over all mini-batches")
    a = p.parse_args()
    if a.engine == "cpu" and (a.graph or a.grouped or a.precision != "float32"):
        p.error("--precision, --graph and --grouped need --engine cuda")
    if a.grouped and (a.optimizer != "bilevel" or a.eval):
        p.error("--grouped is of --optimizer bilevel")
    if min(a.batch_size, a.classes, a.threads, a.steps) < 1:
        p.error("--batch-size, --classes, --threads and --steps are at least 1")
    if a.optimizer == "bilevel" and (a.minibatches < 2 or a.batch_size % a.minibatches):
        p.error("--minibatches is at least 2 and divides --batch-size")
    return a


def main():
    a = parse()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.precision == "tf32"
    torch.backends.cudnn.benchmark = True
    baseline = resident("VmRSS")
    work = Work(a)
    times = timed(work.step, a.steps, work.device)
    median = statistics.median(times)
    print(json.dumps({
        "images_per_s": a.batch_size / median, "median_step_s": median, "min_step_s": min(times),
        "max_step_s": max(times), "mean_step_s": statistics.fmean(times), "steps": a.steps,
        "peak_rss_bytes": resident("VmHWM"), "baseline_rss_bytes": baseline, "net": a.net,
        "parameters": sum(p.numel() for p in work.params), "input": a.input, "classes": a.classes, "eval": a.eval,
        "optimizer": None if a.eval else a.optimizer, "batch_size": a.batch_size, "threads": torch.get_num_threads(),
        "layout": "channels-last" if a.channels_last else "contiguous", "version": "PyTorch " + torch.__version__,
        "engine": a.engine, "precision": a.precision, "graph": a.graph, "grouped": a.grouped,
        "device": torch.cuda.get_device_name(work.device) if work.device.type == "cuda" else None,
        "mkldnn": torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled,
    }))


if __name__ == "__main__":
    main()
