# SPDX-License-Identifier: MIT
"""methods.py - every optimizer of plugins/ by PyTorch's autograd and torch.optim, written from the papers.

A twin is given what chance decides (which samples are drawn, mixing, dropped samples, initial values) and makes the
steps itself, in float64 or float32.  Losses are written as formulas and differentiated by PyTorch; nothing here knows
the gradients that the plugins have by hand.  What a step gives has the names of a trace's file.
"""
import copy
import math

import numpy
import torch
from torch.nn import functional as F

import torch_nets

DECAY = 5e-4  # the default of holdout, of kernels and matrices


class Batch:
    """A mini-batch as it enters the network: images, both labels of mixed ones, numbers of samples."""

    def __init__(self, given, g, label, dtype):
        self.x = torch.tensor(given["images"][g]).to(dtype)
        self.id = torch.tensor(given["samples"][g])
        self.y = torch.tensor(given["labels"][g])
        self.mate = torch.tensor([label.get(int(i), 0) for i in given["partners"][g]])
        self.share = torch.tensor(given["shares"][g]).to(dtype)
        self.given_weights = torch.tensor(given["sample-weights"][g]).to(dtype)


class Twin:
    """sgd: cross-entropy, a mean over the images, momentum.  Every other method changes one of its parts."""

    networks = 1
    defaults = {}

    def __init__(self, case, start, pool, dtype):
        self.case, self.dtype, self.pool, self.number = case, dtype, pool, 0
        self.option = {**self.defaults, **case.options}
        self.label = {int(i): int(y) for i, y in zip(pool["samples"], pool["labels"])}
        self.images = torch.tensor(pool["images"]).to(dtype)
        self.labels = torch.tensor(pool["labels"])
        self.nets, self.own = [], [{} for _ in range(self.networks)]
        for k in range(self.networks):
            net = torch_nets.build(case.net, *case.shape, case.classes).to(dtype)
            prefix = f"net{k}/" if k else ""
            net.load_state_dict({name: torch.tensor(start[f"{prefix}updated/{name}"]).to(dtype)
                                 for name in net.state_dict()})
            self.nets.append(net)
        self.begin(start)
        self.optimizers = [self.optimizer(k) for k in range(self.networks)]

    # ---- parts that methods change ----

    def begin(self, start):
        """State and parameters of its own."""

    def epoch(self, number):
        """Before each epoch."""

    def end(self):
        """Behind the last step."""

    def losses(self, z, batch):
        """Of each image, to be differentiated."""
        mixed = F.cross_entropy(z, batch.mate, reduction="none")
        return batch.share * F.cross_entropy(z, batch.y, reduction="none") + (1 - batch.share) * mixed

    def weights(self, loss, batch):
        """What the loss of each image counts for."""
        return torch.full_like(loss, 1 / len(loss))

    def state(self):
        """What is kept between steps, by the names of a trace."""
        return {}

    def optimizer(self, k):
        parameters = self.parameters(k)
        groups = [{"params": [p for _, p in parameters if p.dim() > 1], "weight_decay": DECAY},
                  {"params": [p for _, p in parameters if p.dim() <= 1] + list(self.own[k].values())}]
        return self.make_optimizer(groups)

    slots = ("momentum_buffer",)

    def make_optimizer(self, groups):
        return torch.optim.SGD(groups, lr=self.case.lr, momentum=0.9, nesterov=bool(self.option.get("nesterov")))

    def directions(self, batches):
        """The gradient of each network into p.grad; logits and losses of each mini-batch."""
        told = {}
        for k in range(self.networks):
            total, logits, losses = 0, [], []
            for batch in batches:
                z = self.nets[k](batch.x)
                loss = self.losses(z, batch)
                w = self.weights(loss.detach(), batch)
                total = total + (w * loss).sum() / len(batches)
                told.setdefault("sample-weights", []).append(w)
                logits.append(z)
                losses.append(loss)
            self.set_gradients(k, torch.autograd.grad(total, self.flat(k)))
            told.update(self.tell(k, logits, losses))
        told["sample-weights"] = torch.stack(told["sample-weights"][:len(batches)])
        return told

    # ---- the rest ----

    def parameters(self, k):
        return list(self.nets[k].named_parameters())

    def named(self, k):
        return self.parameters(k) + list(self.own[k].items())

    def flat(self, k):
        return [p for _, p in self.named(k)]

    def set_gradients(self, k, gradients):
        for p, g in zip(self.flat(k), gradients):
            p.grad = g.detach().clone()

    @staticmethod
    def tell(k, logits, losses):
        prefix = f"net{k}/" if k else ""
        return {f"{prefix}logits": torch.stack(logits), f"{prefix}losses": torch.stack(losses)}

    def apart(self, k, f):
        """A pass of network k that leaves its running averages as they are."""
        net, kept = self.nets[k], copy.copy(list(self.nets[k].named_buffers()))
        for name, value in kept:  # others in their place: what is differentiated later may read them
            net.get_submodule(name.rpartition(".")[0]).register_buffer(name.rpartition(".")[2], value.clone())
        result = f()
        for name, value in kept:
            net.get_submodule(name.rpartition(".")[0]).register_buffer(name.rpartition(".")[2], value)
        return result

    def evaluated(self, k=0):
        """Logits of all training images in evaluation mode."""
        self.nets[k].eval()
        with torch.no_grad():
            z = self.nets[k](self.images)
        self.nets[k].train()
        return z

    def step(self, given):
        if self.number % self.case.per_epoch == 0:
            self.epoch(self.number // self.case.per_epoch)
        self.given = given
        batches = [Batch(given, g, self.label, self.dtype) for g in range(len(given["images"]))]
        out = self.directions(batches)
        for optimizer in self.optimizers:
            optimizer.step()
        self.number += 1
        if self.number == self.case.per_epoch * self.case.epochs:
            self.end()
        for k in range(self.networks):
            prefix = f"net{k}/" if k else ""
            for name, value in self.named(k) + list(self.nets[k].named_buffers()):
                out[f"{prefix}updated/{name}"] = value.flatten() if name in self.own[k] else value
            for j, slot in enumerate(self.slots):
                for name, p in self.named(k):
                    value = self.optimizers[k].state[p][slot]
                    out[f"{prefix}slot/{j}/{name}"] = value.flatten() if name in self.own[k] else value
        out.update(self.state())
        return {name: value.detach().numpy().copy() for name, value in out.items()}


class Adam(Twin):
    """Kingma and Ba, as torch.optim has it."""

    slots = ("exp_avg", "exp_avg_sq")

    def make_optimizer(self, groups):
        return torch.optim.Adam(groups, lr=self.case.lr)


class Sam(Twin):
    """Foret et al.: the gradient at theta + rho g / |g|, on the same images."""

    defaults = {"rho": 0.05}

    def directions(self, batches):
        told = super().directions(batches)
        gradients = [p.grad.clone() for p in self.flat(0)]
        norm = math.sqrt(sum(float((g * g).sum()) for g in gradients))
        back = [p.detach().clone() for p in self.flat(0)]
        with torch.no_grad():
            for p, g in zip(self.flat(0), gradients):
                p += self.option["rho"] / norm * g
        self.apart(0, lambda: super(Sam, self).directions(batches))
        with torch.no_grad():
            for p, value in zip(self.flat(0), back):
                p.copy_(value)
        return told


class LabelSmoothing(Twin):
    """Szegedy et al., as PyTorch has it."""

    defaults = {"epsilon": 0.1}

    def losses(self, z, batch):
        return F.cross_entropy(z, batch.y, reduction="none", label_smoothing=self.option["epsilon"])


class Bootstrap(Twin):
    """Reed et al.: the target is mixed with the network's own probabilities, through which the gradient goes, or with
    its first choice."""

    def losses(self, z, batch):
        hard = self.option.get("kind") == "hard"
        beta = 0.8 if hard else 0.95
        word = F.one_hot(z.argmax(1), z.shape[1]).to(z) if hard else z.softmax(1)
        target = beta * F.one_hot(batch.y, z.shape[1]) + (1 - beta) * word
        return -(target * z.log_softmax(1)).sum(1)


class NoiseLayer(Twin):
    """Goldberger and Ben-Reuven: a softmax for each true label behind the network's, from the confusion matrix on."""

    defaults = {"warmup": 0.5}

    def begin(self, start):
        size = self.case.classes
        given = start["updated/noise-layer/matrix"].reshape(size, size)
        self.own[0]["noise-layer/matrix"] = torch.nn.Parameter(torch.tensor(given).to(self.dtype))

    def epoch(self, number):
        self.on = number >= self.option["warmup"] * self.case.epochs
        if number == self.option["warmup"] * self.case.epochs and number > 0:
            counts = torch.zeros(self.case.classes, self.case.classes, dtype=self.dtype)
            for k, y in zip(self.evaluated().argmax(1), self.labels):
                counts[k, y] += 1
            rows = counts.sum(1, keepdim=True)
            shares = torch.where(rows > 0, counts / rows.clamp(min=1), torch.eye(self.case.classes, dtype=self.dtype))
            self.own[0]["noise-layer/matrix"].data = (shares + 1e-8).log()

    def losses(self, z, batch):
        W = self.own[0]["noise-layer/matrix"]
        if not self.on:  # W has no part, but a gradient of zero
            return super().losses(z, batch) + 0 * W.sum()
        s = z.softmax(1) @ W.softmax(1)
        return F.nll_loss(s.log(), batch.y, reduction="none")


class Mentornet(Twin):
    """Jiang et al.: losses against a running percentile; weights are constants; decay is scaled by their mean."""

    defaults = {"curriculum": "predefined", "percentile": 0.75, "decay": 0.5, "gamma": 1.0, "focus": 2.0,
                "dropout": "0.5:17,0.05:83"}

    def begin(self, start):
        self.mean = 0.0
        self.dropped = [float(part.split(":")[0]) for part in self.option["dropout"].split(",")
                        for _ in range(int(part.split(":")[1]))]

    def weights(self, loss, batch):
        option, e = self.option, 100 * self.number // (self.case.per_epoch * self.case.epochs)
        q = torch.quantile(loss, option["percentile"], interpolation="nearest")
        self.mean = option["decay"] * self.mean + (1 - option["decay"]) * float(q)
        below = (loss <= self.mean).to(loss)
        if option["curriculum"] == "focal":
            v = (1 - torch.exp(-loss)) ** option["focus"]
        elif option["curriculum"] == "self-paced" or 18 < e < 90:
            v = below
        elif e <= 18:
            v = torch.ones_like(loss)
        else:
            v = (1 - (loss - self.mean) / option["gamma"]).clamp(0, 1)
        if self.dropped[e]:  # who is left out is given; not more than the share of it
            kept = (batch.given_weights > 0).to(loss)
            if int(((v > 0) & (kept == 0)).sum()) > math.ceil(self.dropped[e] * len(loss) - 1e-9):
                raise RuntimeError(f"{self.case.name}: more samples are left out than mentornet.dropout says")
            v = v * kept
        # where all weights are 0, holdout leaves 1e-12 of the decay, to divide by
        self.optimizers[0].param_groups[0]["weight_decay"] = DECAY * max(float(v.mean()), 1e-12)
        return v / len(loss)

    def state(self):
        return {"state/mentornet/percentile": torch.tensor([self.mean], dtype=torch.float64)}


class Bilevel(Twin):
    """Jenni and Favaro: mini-batches are weighed by the agreement of their gradients with those that validate."""

    defaults = {"mu": 0.01, "validation": 1, "l1": True, "clip": False, "weights": "computed", "per_layer": False}

    def layers(self):
        """Places of the tensors that have a weight of their own."""
        names = [name.rpartition(".")[0] for name, _ in self.named(0)]
        if not self.option["per_layer"]:
            return [list(range(len(names)))]
        return [[i for i, name in enumerate(names) if name == layer] for layer in dict.fromkeys(names)]

    def directions(self, batches):
        gradients, logits, losses, option = [], [], [], self.option
        for batch in batches:
            logits.append(self.nets[0](batch.x))
            losses.append(self.losses(logits[-1], batch))
            gradients.append(torch.autograd.grad(losses[-1].mean(), self.flat(0)))
        v = option["validation"]
        train, size = gradients[v:], sum(p.numel() for p in self.flat(0))
        total, told = [torch.zeros_like(p) for p in self.flat(0)], torch.zeros(len(train), dtype=self.dtype)
        for layer in self.layers():
            w = []
            for g in train:
                inner = sum((sum(valid[i] for valid in gradients[:v]) * g[i]).sum() for i in layer)
                w.append(inner / (sum((g[i] * g[i]).sum() for i in layer) + option["mu"]))
            w = torch.stack(w)
            w = torch.full_like(w, 1 / len(w)) if option["weights"] == "uniform" else w
            w = w.clamp(min=0) if option["clip"] else w
            w = w / w.abs().sum() if option["l1"] else w
            for i in layer:
                total[i] = sum(a * g[i] for a, g in zip(w, train))
                told += w * self.flat(0)[i].numel() / size
        self.set_gradients(0, total)
        return {**self.tell(0, logits, losses), "weights": told}


class RandomWeights(Twin):
    """Weights are given, not negative and sum to 1."""

    def weights(self, loss, batch):
        w = batch.given_weights
        if float(w.min()) < 0 or abs(float(w.sum()) - 1) > 1e-6 or int((w == 0).sum()) == 0:
            raise RuntimeError("random-weights: these are no rectified Gaussians")
        return w


class Gce(Twin):
    """Zhang and Sabuncu: (1 - p^q) / q; truncated, images of small p are left out."""

    defaults = {"q": 0.7, "truncate": 0, "every": 10, "k": 0.5}

    def begin(self, start):
        self.out = torch.zeros(len(self.labels), dtype=torch.uint8)

    def epoch(self, number):
        since = number - self.option["truncate"]
        if self.option["truncate"] and since >= 0 and since % self.option["every"] == 0:
            p = self.evaluated().softmax(1)[torch.arange(len(self.labels)), self.labels]
            self.out = (p <= self.option["k"]).to(torch.uint8)

    def losses(self, z, batch):
        p = z.softmax(1)[torch.arange(len(z)), batch.y]
        return (1 - p ** self.option["q"]) / self.option["q"]

    def weights(self, loss, batch):
        return (1 - self.out[batch.id].to(loss)) / len(loss)

    def state(self):
        return {"state/gce/out": self.out}


class Sce(Twin):
    """Cross-entropy plus beta times that of prediction and label exchanged, log 0 taken as log 1e-4."""

    def losses(self, z, batch):
        label = F.one_hot(batch.y, z.shape[1]).to(z)
        reverse = -(z.softmax(1) * label.clamp(min=1e-4).log()).sum(1)
        return 0.1 * F.cross_entropy(z, batch.y, reduction="none") + reverse


class Correction(Twin):
    """Patrini et al.: the matrix of a file, its rows divided by their sums."""

    def begin(self, start):
        self.T = torch.tensor(self.case.transition, dtype=torch.float64)
        self.T = (self.T / self.T.sum(1, keepdim=True)).to(self.dtype)


class ForwardCorrection(Correction):
    def losses(self, z, batch):
        return F.nll_loss((z.softmax(1) @ self.T).log(), batch.y, reduction="none")


class BackwardCorrection(Correction):
    """Each class's cross-entropy, combined by the inverse of T: unbiased under the noise."""

    def losses(self, z, batch):
        return torch.linalg.solve(self.T, -z.log_softmax(1).T).T[torch.arange(len(z)), batch.y]


class Elr(Twin):
    """Liu et al.: a memory of each sample's predictions, moved before the loss and constant in it."""

    defaults = {"beta": 0.7, "lambda": 3.0}

    def begin(self, start):
        self.memory = torch.zeros(len(self.labels), self.case.classes, dtype=self.dtype)

    def losses(self, z, batch):
        p, beta = z.softmax(1), self.option["beta"]
        seen = p.detach().clamp(1e-4, 1 - 1e-4)
        seen = seen / seen.sum(1, keepdim=True)
        self.memory[batch.id] = beta * self.memory[batch.id] + (1 - beta) * seen
        pull = (1 - (p * self.memory[batch.id]).sum(1)).log()
        return super().losses(z, batch) + self.option["lambda"] * pull

    def state(self):
        return {"state/elr/memory": self.memory.flatten()}


class L2rw(Twin):
    """Ren et al.: weights are the rectified products of each image's gradient with that of the validation mini-batch.
    The plugin's products are differences, so its step is compared with one that has its weights."""

    def directions(self, batches):
        train, valid = batches
        z_v = self.apart(0, lambda: self.nets[0](valid.x))
        loss_v = self.losses(z_v, valid)
        g_v = torch.autograd.grad(loss_v.mean(), self.flat(0))
        z = self.nets[0](train.x)
        loss = self.losses(z, train)
        u = []
        for one in loss:
            g = torch.autograd.grad(one, self.flat(0), retain_graph=True)
            u.append(sum((a * b).sum() for a, b in zip(g, g_v)))
        w = torch.stack(u).clamp(min=0)
        w = w / w.sum()
        self.set_gradients(0, torch.autograd.grad((train.given_weights * loss).sum(), self.flat(0)))
        equal = torch.full_like(w, 1 / len(w))
        return {**self.tell(0, [z, z_v], [loss, loss_v]), "sample-weights": torch.stack([w, equal])}


class MetaWeightNet(Twin):
    """Shu et al.: the meta loss at parameters a step ahead is differentiated by what the step was weighed with.  As
    with l2rw, the step and the next one have the plugin's weights and Theta."""

    defaults = {"lr": 0.001, "decay": 1e-4}

    def begin(self, start):
        """Theta lies as in the plugin: weights and biases of the hidden layer, weights out, bias out."""
        self.theta = torch.nn.Parameter(torch.tensor(start["state/meta-weight-net/theta"]).to(self.dtype))
        self.adam = torch.optim.Adam([self.theta], lr=self.option["lr"], weight_decay=self.option["decay"])

    def value(self, loss):
        into, bias, out = self.theta[:100], self.theta[100:200], self.theta[200:300]
        hidden = F.relu(loss[:, None] * into + bias)
        return torch.sigmoid((hidden * out).sum(1) + self.theta[300])

    def directions(self, batches):
        train, meta = batches
        z = self.nets[0](train.x)
        loss = self.losses(z, train)
        total = (self.value(loss.detach()) * loss).mean()
        gradients = torch.autograd.grad(total, self.flat(0), create_graph=True)
        ahead = {name: p - self.case.lr * g for (name, p), g in zip(self.named(0), gradients)}
        z_m = self.apart(0, lambda: torch.nn.utils.stateless.functional_call(self.nets[0], ahead, meta.x))
        loss_m = self.losses(z_m, meta)
        (self.theta.grad,) = torch.autograd.grad(loss_m.mean(), self.theta, retain_graph=True)
        self.adam.step()
        w = self.value(loss.detach()).detach() / len(loss)
        again = self.apart(0, lambda: self.losses(self.nets[0](train.x), train))
        self.set_gradients(0, torch.autograd.grad((train.given_weights * again).sum(), self.flat(0)))
        equal = torch.full_like(w, 1 / len(w))
        return {**self.tell(0, [z, z_m], [loss, loss_m]), "sample-weights": torch.stack([w, equal])}

    def state(self):
        kept = self.adam.state[self.theta]
        held = {"theta": self.theta, "mean": kept["exp_avg"], "square": kept["exp_avg_sq"]}
        told = {f"state/meta-weight-net/{name}": value.detach().clone() for name, value in held.items()}
        with torch.no_grad():
            for name, value in held.items():
                value.copy_(torch.tensor(self.given[f"state/meta-weight-net/{name}"]))
        return told


class CoTeaching(Twin):
    """Han et al.: each network learns from the images whose losses are small in the other."""

    networks = 2
    defaults = {"forget": 0.2, "gradual": 10}

    def directions(self, batches):
        (batch,) = batches
        epoch, told = self.number // self.case.per_epoch, {}
        rate = numpy.linspace(0, self.option["forget"], self.option["gradual"])
        kept = int((1 - rate[min(epoch, len(rate) - 1)]) * len(batch.y) + 1e-9)
        logits = [net(batch.x) for net in self.nets]
        losses = [self.losses(z, batch) for k, z in enumerate(logits)]
        for k in range(2):
            chosen = losses[1 - k].detach().argsort()[:kept]
            self.set_gradients(k, torch.autograd.grad(losses[k][chosen].mean(), self.flat(k)))
            told.update(self.tell(k, [logits[k]], [losses[k]]))
            if k == 0:
                w = torch.zeros_like(losses[0]).index_fill(0, chosen, 1 / kept)
                told["sample-weights"] = w.detach()[None]
        return told


class Air(Twin):
    """Azadi et al.: stochastic ADMM, here with all images in each iteration, on the features of the trained network.
    M w stands as an array of images, features and classes."""

    defaults = {"lambda_s": 10.0, "lambda_l": 0.0, "mu": 0.0, "rho": 10.0, "growth": 1.1, "rho_max": 100.0,
                "epochs": 200}

    def begin(self, start):
        self.head, self.solved = None, 0

    def features(self):
        kept = []
        last = [module for module in self.nets[0].modules() if isinstance(module, torch.nn.Linear)][-1]
        hook = last.register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0]))
        self.evaluated()
        hook.remove()
        return F.normalize(kept[0], dim=1)

    def end(self):
        o, x = self.option, self.features()
        (N, V), K = x.shape, self.case.classes
        there = (x != 0)[:, :, None]
        count = (x != 0).sum(1).to(x)
        w, mean = torch.zeros(V, K, dtype=self.dtype), torch.zeros(V, K, dtype=self.dtype)
        v, u = (torch.zeros(N, V, K, dtype=self.dtype) for _ in range(2))
        D, rho = (x * x).sum(0)[:, None], o["rho"]
        for k in range(1, o["epochs"] + 1):
            rho, step = min(rho * o["growth"], o["rho_max"]), 2 / (k + 2)
            w.requires_grad_(True)
            (g,) = torch.autograd.grad(K * F.cross_entropy(x @ w, self.labels, reduction="sum")
                                       + o["mu"] * N / 2 * (w * w).sum(), w)
            w = w.detach()
            back = (x[:, :, None] * (v + u / rho)).sum(0)
            w = (-g + rho * back + w / step) / (rho * D + 1 / step)
            Mw = x[:, :, None] * w
            v = F.softshrink(Mw - u / rho, o["lambda_l"] / rho) * there
            norm = v.norm(dim=1, keepdim=True)
            threshold = (o["lambda_s"] / (count.clamp(min=1).sqrt() * rho))[:, None, None]
            v = v * torch.where(norm > 0, (1 - threshold / norm.clamp(min=1e-300)).clamp(min=0), torch.zeros_like(norm))
            u = u - rho * (Mw - v)
            mean = (1 - step) * mean + step * w
        self.head, self.solved = mean, 1

    def state(self):
        if not self.solved:
            return {}
        return {"state/air/head": self.head.flatten(), "state/air/solved": torch.ones(1, dtype=torch.uint8)}


TWINS = {
    "air": Air,
    "sgd": Twin, "adam": Adam, "sam": Sam, "label-smoothing": LabelSmoothing, "bootstrap": Bootstrap,
    "noise-layer": NoiseLayer, "mentornet": Mentornet, "mixup": Twin, "bilevel": Bilevel,
    "random-weights": RandomWeights, "gce": Gce, "sce": Sce, "forward-correction": ForwardCorrection,
    "backward-correction": BackwardCorrection, "elr": Elr, "l2rw": L2rw, "meta-weight-net": MetaWeightNet,
    "co-teaching": CoTeaching,
}
