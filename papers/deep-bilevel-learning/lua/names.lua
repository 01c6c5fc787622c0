-- SPDX-License-Identifier: MIT
-- names.lua - readable names of cells and columns.
local M = {}

local cells = {
  sgd = "SGD", ["dropout-0.3"] = "dropout, 0.3 dropped", ["dropout-0.7"] = "dropout, 0.7 dropped",
  ["label-smoothing"] = "label smoothing", ["bootstrap-soft"] = "bootstrap, soft", ["bootstrap-hard"] = "bootstrap, hard",
  ["noise-layer"] = "noise layer", air = "AIR", mentornet = "MentorNet", mixup = "mixup", bilevel = "bilevel",
  ["bilevel+mixup"] = "bilevel + mixup", uniform = "uniform, bilevel’s mini-batches",
  random = "random, bilevel’s mini-batches", ["random-weights"] = "random weights per sample", gce = "GCE", sce = "SCE",
  ["forward-correction"] = "forward correction", ["backward-correction"] = "backward correction", elr = "ELR", sam = "SAM",
  ["co-teaching"] = "co-teaching", l2rw = "L2RW", ["meta-weight-net"] = "Meta-Weight-Net",
  ["sgd-small-batches"] = "SGD, small mini-batches", ["sgd-matched"] = "SGD, matched sampler",
  ["no-l1"] = "bilevel without L1 norm", ["per-layer"] = "bilevel, weights per layer",
  unmatched = "bilevel, labels not matched", dropout = "bilevel, dropout 0.3, masks of their own",
  ["dropout-shared"] = "bilevel, dropout 0.3, shared masks", ["uniform-unmatched"] = "uniform, labels not matched",
  clip = "bilevel, negative weights clipped",
}

local columns = {
  test_accuracy_last = "test, last epoch", test_accuracy_best = "test, best epoch",
  test_accuracy_best_epoch = "best epoch", test_accuracy_validation_selected = "test, selected on validation",
  validation_accuracy_last = "validation, noisy labels",
  train_accuracy_noisy = "train, given labels", train_accuracy_clean = "train, true labels",
  noise_rate_nominal = "wrong labels, nominal", noise_rate_realised = "wrong labels", epochs = "epochs",
}

local datasets = { cifar10 = "CIFAR-10", cifar100 = "CIFAR-100", ["fashion-mnist"] = "Fashion-MNIST", mnist = "MNIST" }

function M.cell(name)
  return cells[name] or name
end

function M.column(name)
  return columns[name] or name
end

function M.dataset(name)
  return datasets[name] or name
end

return M
