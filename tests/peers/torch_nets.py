# SPDX-License-Identifier: MIT
"""torch_nets.py - every network of `holdout nets' as PyTorch says it, to compare with: values, gradients, speed.

    build(spec, height, width, channels, classes) -> torch.nn.Module

`spec' is what --net takes, NAME:key=value,...; the names and shapes in state_dict() are those of holdout's files.  The
networks are written from the papers that core/nn/models/ cites, in the usual calls of torch.nn.functional: where
TensorFlow's SAME padding is the same on both sides it is the convolution's own, else a pad before it.
"""
import torch
from torch import nn
from torch.nn import functional as F

from torch_layers import BatchNorm, SameConv2d, SameMaxPool2d, half, response_norm, times


class AlexNetSmall(nn.Module):
    """Zhang et al. 2017: two modules of convolution, ReLU, pool and response norm, three dense layers."""

    options = {"width": 1.0}

    def __init__(self, size, channels, classes, width):
        super().__init__()
        c, end = times(width, 64), half(half(size))
        self.conv1 = SameConv2d(size, channels, c, 5, 1, True)
        self.pool1 = SameMaxPool2d(size)
        self.conv2 = SameConv2d(half(size), c, c, 5, 1, True)
        self.pool2 = SameMaxPool2d(half(size))
        self.fc1 = nn.Linear(c * end[0] * end[1], times(width, 384))
        self.fc2 = nn.Linear(times(width, 384), times(width, 192))
        self.fc3 = nn.Linear(times(width, 192), classes)

    def forward(self, x):
        x = response_norm(self.pool1(F.relu(self.conv1(x))))
        x = response_norm(self.pool2(F.relu(self.conv2(x))))
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class CifarNet(nn.Module):
    """CifarNet of TensorFlow's slim: conv, pool, norm, conv, norm, pool, dense, dropout, dense, dense."""

    options = {"width": 1.0, "dropout": 0.5}

    def __init__(self, size, channels, classes, width, dropout):
        super().__init__()
        c, middle = times(width, 64), (size[0] // 2, size[1] // 2)
        self.dropout = dropout
        self.conv1 = SameConv2d(size, channels, c, 5, 1, True)
        self.conv2 = SameConv2d(middle, c, c, 5, 1, True)
        self.fc3 = nn.Linear(c * (middle[0] // 2) * (middle[1] // 2), times(width, 384))
        self.fc4 = nn.Linear(times(width, 384), times(width, 192))
        self.logits = nn.Linear(times(width, 192), classes)

    def forward(self, x):
        x = response_norm(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = F.max_pool2d(response_norm(F.relu(self.conv2(x))), 2)
        x = F.dropout(F.relu(self.fc3(x.flatten(1))), self.dropout, self.training)
        return self.logits(F.relu(self.fc4(x)))


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm without scale, ReLU: the unit of the small Inception network."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv
        self.bn = BatchNorm(conv.out_channels, False, 1e-3, 0.025)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """A 1x1 convolution to a channels beside a 3x3 one to b."""

    def __init__(self, size, channels, a, b):
        super().__init__()
        self.branch1x1 = ConvNorm(SameConv2d(size, channels, a, 1, 1, False))
        self.branch3x3 = ConvNorm(SameConv2d(size, channels, b, 3, 1, False))

    def forward(self, x):
        return torch.cat((self.branch1x1(x), self.branch3x3(x)), 1)


class Downsample(nn.Module):
    """A 3x3 convolution of stride 2 to c channels beside a 3x3 maximum of stride 2."""

    def __init__(self, size, channels, c):
        super().__init__()
        self.branch3x3 = ConvNorm(SameConv2d(size, channels, c, 3, 2, False))
        self.pool = SameMaxPool2d(size)

    def forward(self, x):
        return torch.cat((self.branch3x3(x), self.pool(x)), 1)


class InceptionSmall(nn.Module):
    """Zhang et al. 2017, with the dropout of Jenni and Favaro before the last layer."""

    options = {"width": 1.0, "dropout": 0.5}
    modules_ = (("incept_1", 32, 32), ("incept_2", 32, 48), ("down_1", 80, 0), ("incept_3", 112, 48),
                ("incept_4", 96, 64), ("incept_5", 80, 80), ("incept_6", 48, 96), ("down_2", 96, 0),
                ("incept_7", 176, 160), ("incept_8", 176, 160))

    def __init__(self, size, channels, classes, width, dropout):
        super().__init__()
        self.dropout = dropout
        self.conv_1 = ConvNorm(nn.Conv2d(channels, times(width, 96), 3, bias=False))
        size, now = (size[0] - 2, size[1] - 2), times(width, 96)
        for name, a, b in self.modules_:
            if b:
                module, now = Inception(size, now, times(width, a), times(width, b)), times(width, a) + times(width, b)
            else:
                module, now, size = Downsample(size, now, times(width, a)), now + times(width, a), half(size)
            self.add_module(name, module)
        self.fc1 = nn.Conv2d(now, classes, 1)

    def forward(self, x):
        x = self.conv_1(x)
        for name, _, _ in self.modules_:
            x = getattr(self, name)(x)
        x = F.dropout(x.mean((2, 3), keepdim=True), self.dropout, self.training)
        return self.fc1(x).flatten(1)


class LeNet(nn.Module):
    """LeCun et al. 1998 with ReLU and max pooling; the first convolution pads by 2."""

    options = {"width": 1.0}

    def __init__(self, size, channels, classes, width):
        super().__init__()
        end = [(side // 2 - 4) // 2 for side in size]
        self.conv1 = nn.Conv2d(channels, times(width, 6), 5, padding=2)
        self.conv2 = nn.Conv2d(times(width, 6), times(width, 16), 5)
        self.fc1 = nn.Linear(times(width, 16) * end[0] * end[1], times(width, 120))
        self.fc2 = nn.Linear(times(width, 120), times(width, 84))
        self.fc3 = nn.Linear(times(width, 84), classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class Mlp(nn.Module):
    """Dense and ReLU layers over the flattened image."""

    options = {"hidden": 512.0, "layers": 2.0, "dropout": 0.0}

    def __init__(self, size, channels, classes, hidden, layers, dropout):
        super().__init__()
        self.dropout, self.layers = dropout, int(layers)
        now = size[0] * size[1] * channels
        for i in range(1, self.layers + 1):
            self.add_module(f"fc{i}", nn.Linear(now, int(hidden)))
            now = int(hidden)
        self.add_module(f"fc{self.layers + 1}", nn.Linear(now, classes))

    def forward(self, x):
        x = x.flatten(1)
        for i in range(1, self.layers + 1):
            x = F.dropout(F.relu(getattr(self, f"fc{i}")(x)), self.dropout, self.training)
        return getattr(self, f"fc{self.layers + 1}")(x)


class PreActBlock(nn.Module):
    """He et al. 2016: norm and ReLU before each convolution; where shapes change, the shortcut reads the first ReLU."""

    def __init__(self, channels, out, stride, dropout):
        super().__init__()
        self.dropout = dropout
        self.bn1 = BatchNorm(channels, True, 1e-5, 0.1)
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn2 = BatchNorm(out, True, 1e-5, 0.1)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.shortcut = None
        if stride != 1 or channels != out:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False))

    def forward(self, x):
        a = F.relu(self.bn1(x))
        y = F.dropout(F.relu(self.bn2(self.conv1(a))), self.dropout, self.training)
        return self.conv2(y) + (x if self.shortcut is None else self.shortcut(a))


class PreActResNet18(nn.Module):
    """Four stages of two blocks on small images."""

    options = {"width": 64.0, "dropout": 0.0}

    def __init__(self, size, channels, classes, width, dropout):
        super().__init__()
        now = int(width)
        self.conv1 = nn.Conv2d(channels, now, 3, 1, 1, bias=False)
        for stage in range(4):
            out, blocks = int(width) << stage, []
            for block in range(2):
                blocks.append(PreActBlock(now, out, 2 if stage and not block else 1, dropout))
                now = out
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(now, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.linear(x.mean((2, 3)))


class BasicBlock(nn.Module):
    """He et al. 2016 (CVPR), option A: the shortcut has no parameters, new channels of it are zeros."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = BatchNorm(out, True, 1e-5, 0.1)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = BatchNorm(out, True, 1e-5, 0.1)
        self.stride, self.more = stride, out - channels

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1:
            before = self.more // 2
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, before, self.more - before))
        return F.relu(y + x)


class ResNet32(nn.Module):
    """Three stages of five blocks."""

    options = {"width": 16.0}

    def __init__(self, size, channels, classes, width):
        super().__init__()
        now = int(width)
        self.conv1 = nn.Conv2d(channels, now, 3, 1, 1, bias=False)
        self.bn1 = BatchNorm(now, True, 1e-5, 0.1)
        for stage in range(3):
            out, blocks = int(width) << stage, []
            for block in range(5):
                blocks.append(BasicBlock(now, out, 2 if stage and not block else 1))
                now = out
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(now, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


NETWORKS = {
    "alexnet-small": AlexNetSmall,
    "cifarnet": CifarNet,
    "inception-small": InceptionSmall,
    "lenet": LeNet,
    "mlp": Mlp,
    "preact-resnet18": PreActResNet18,
    "resnet32": ResNet32,
}


def build(spec, height, width, channels, classes):
    """The network of a spec for images of that shape, in training mode, with PyTorch's initial values."""
    name, _, rest = spec.partition(":")
    if name not in NETWORKS:
        raise ValueError(f"unknown network `{name}': one of {', '.join(sorted(NETWORKS))}")
    options = dict(NETWORKS[name].options)
    for item in filter(None, rest.split(",")):
        key, _, value = item.partition("=")
        if key not in options:
            raise ValueError(f"{name} has no option `{key}': one of {', '.join(options)}")
        options[key] = float(value)
    return NETWORKS[name]((height, width), channels, classes, **options)
