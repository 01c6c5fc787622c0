# SPDX-License-Identifier: MIT
"""What holdout writes, read by programs that others use: `readers.py CHECK ARGUMENTS...'.

Everything must be there with its type and its value."""
import json
import math
import sys
import unicodedata


def same(what, have, want):
    if type(have) is not type(want) or have != want:
        sys.exit(f"{what}: {have!r} ({type(have).__name__}), not {want!r} ({type(want).__name__})")


def close(what, have, want, within=1e-6):
    if not math.isfinite(have) or abs(have - want) > within * max(1, abs(want)):
        sys.exit(f"{what}: {have!r}, not {want!r}")


# ---- the formats ----

def strict_json(text):
    """RFC 8259: no NaN, no Infinity, no key twice."""
    def constant(name):
        sys.exit(f"{name} is no JSON")

    def mapping(pairs):
        if len({k for k, _ in pairs}) != len(pairs):
            sys.exit(f"a key is there twice: {pairs}")
        return dict(pairs)
    return json.loads(text, parse_constant=constant, object_pairs_hook=mapping)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return strict_json(file.read())


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [strict_json(line) for line in file]


def tensors(path):
    """The file as the safetensors library defines it, by its header alone; and its metadata."""
    import numpy
    types = {"F32": "<f4", "F64": "<f8", "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I64": "<i8",
             "I32": "<i4"}
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    header = strict_json(content[8:8 + length].decode("utf-8"))
    notes = header.pop("__metadata__", {})
    data, at, out = content[8 + length:], 0, {}
    for key, value in notes.items():
        same(f"{path}: metadata {key}", type(value), str)
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        same(f"{path}: where {name} begins", begin, at)
        at = end
        out[name] = numpy.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    same(f"{path}: bytes of data", at, len(data))
    return out, notes


def table(path):
    """Notes, and the rows as pandas reads them: `-' and NA are what is not there."""
    import pandas
    with open(path, encoding="utf-8") as file:
        notes = [line for line in file if line.startswith("#")]
    rows = pandas.read_csv(path, sep="\t", skiprows=len(notes), keep_default_na=False, na_values=["-", "NA"], quoting=3)
    if any(str(name).startswith("Unnamed") for name in rows.columns):
        sys.exit(f"{path}: a column without a name: {list(rows.columns)}")
    return notes, rows


def numeric(path, rows, names, kind):
    for name in names:
        if rows[name].dtype.kind not in kind:
            sys.exit(f"{path}: column {name} has the type {rows[name].dtype}")


# ---- the checks ----

REALS = ["lr", "min-lr", "warmup-lr", "decay-rate", "weight-decay"]
WHOLE = ["train-size", "validation-size", "clean-size", "test-size", "epochs", "batch-size", "warmup-epochs", "seed",
         "noise-seed", "eval-every", "eval-size"]
TEXTS = ["dataset", "noise", "augment", "net", "init", "optimizer", "decay", "sched", "decay-epochs"]


def config(path, **wanted):
    """config.yaml of a run, whose keys in `wanted' (JSON) have these values."""
    import yaml
    with open(path, encoding="utf-8") as file:
        have = yaml.safe_load(file)
    for names, kind in (REALS, float), (WHOLE, int), (TEXTS, str), (["option"], list):
        for name in names:
            same(f"{path}: type of {name} ({have[name]!r})", type(have[name]), kind)
    for option in have["option"]:
        same(f"{path}: type of an option", type(option), str)
    known = set(REALS + WHOLE + TEXTS + ["option"])
    for name in set(have) - known:
        if isinstance(have[name], float) and not math.isfinite(have[name]):
            sys.exit(f"{path}: {name} is {have[name]}")
    for name, value in wanted.items():
        same(f"{path}: {name}", have[name], value)


def names(list_file, *configs):
    """Each config.yaml has the name of its weights, as the list (names with a byte 0 behind each) has them."""
    with open(list_file, encoding="utf-8") as file:
        wanted = file.read().split("\0")[:-1]
    same("how many", len(configs), len(wanted))
    for path, name in zip(configs, wanted):
        config(path, init=name)


def logs(run, dataset):
    """log.jsonl, timing.jsonl and summary.json."""
    log, summary, timing = read_lines(run + "/log.jsonl"), read_json(run + "/summary.json"), read_lines(run + "/timing.jsonl")
    for i, line in enumerate(log):
        same("epoch", line["epoch"], i + 1)
        for key in "lr", "loss", "accuracy", "test_loss", "test_accuracy", "train_loss_noisy", "train_accuracy_noisy":
            same(f"type of {key}", type(line[key]), float)
        same("without a validation part", line["validation_accuracy"], None)
        nested = [key for key, value in line.items() if not isinstance(value, (int, float, type(None)))]
        same("values that are neither numbers nor null", nested, [])
    same("dataset", summary["dataset"], dataset)
    same("last", summary["test_accuracy_last"], log[-1]["test_accuracy"])
    same("given", summary["train_accuracy_noisy"], log[-1]["train_accuracy_noisy"])
    same("epochs", summary["epochs"], len(log))
    for key in "epochs", "steps", "seed", "noise_seed", "parameters", "train_size", "test_size":
        same(f"type of {key}", type(summary[key]), int)
    same("type of version", type(timing[0]["version"]), str)
    same("type of a speed", type(timing[-1]["images_per_s"]), float)


def run(folder):
    """labels.tsv, samples and checkpoint agree with each other and with the log."""
    import numpy
    log, summary = read_lines(folder + "/log.jsonl"), read_json(folder + "/summary.json")
    samples, _ = tensors(folder + "/samples.safetensors")
    _, labels = table(folder + "/labels.tsv")
    numeric("labels.tsv", labels, labels.columns, "i")
    by_index = labels.set_index("index").loc[samples["index"]]
    for name in set(labels.columns) - {"index"}:
        if not numpy.array_equal(by_index[name].to_numpy(), samples[name]):
            sys.exit(f"labels.tsv and samples.safetensors have other labels: {name}")
    same("true labels", "true" in labels.columns, summary["true_labels"] != "unknown")
    if "true" in labels.columns:
        close("realised rate", float((labels["true"] != labels["given"]).mean()), summary["noise_rate_realised"])
    same("evaluated epochs", samples["epoch"].tolist(), [line["epoch"] for line in log])
    for row, line in enumerate(log):
        close("loss", float(samples["loss"][row].mean(dtype="f8")), line["train_loss_noisy"], 1e-5)
        close("accuracy", float((samples["prediction"][row] == samples["given"]).mean()), line["train_accuracy_noisy"])
    weights, notes = tensors(folder + "/checkpoint.safetensors")
    same("steps", int(weights["run/step"].reshape(-1)[0]), log[-1]["step"])
    same("data", notes["data_sha256"], summary["data_sha256"])
    network = [w for name, w in weights.items() if "/" not in name]
    same("there is a network", sum(w.size for w in network) >= summary["parameters"] > 0, True)
    if not all(w.dtype == "<f4" and numpy.isfinite(w).all() for w in network):
        sys.exit("weights are no finite float32")


def trace(path):
    import numpy
    have, _ = tensors(path)
    same("types", (have["images"].dtype.str, have["labels"].dtype.str), ("<f4", "<i8"))
    same("a logit per image and class", have["logits"].shape[:2], have["labels"].shape)
    if not all(numpy.isfinite(t).all() for t in have.values()):
        sys.exit(f"{path}: not finite")


def suspects(path, folder):
    samples, _ = tensors(folder + "/samples.safetensors")
    _, rows = table(path)
    numeric(path, rows, ["rank", "index", "given", "predicted"], "i")
    numeric(path, rows, ["probability"], "f")
    numeric(path, rows, ["score", "margin", "loss", "disagreement", "weight"], "fi")
    place = {image: i for i, image in enumerate(samples["index"].tolist())}
    for _, row in rows.iterrows():
        i = place[row["index"]]
        same("given", int(row["given"]), int(samples["given"][i]))
        close("margin", float(row["margin"]), float(samples["margin"][:, i].mean(dtype="f8")), 1e-4)
        if "true" in rows.columns:
            same("true", int(row["true"]), int(samples["true"][i]))
            same("wrong", int(row["wrong"]), int(row["true"] != row["given"]))


def pairs(path, folder):
    """holdout suspects --pairs: a run's samples by given label and what it should be, once estimated and once known."""
    samples, _ = tensors(folder + "/samples.safetensors")
    _, rows = table(path)
    numeric(path, rows, ["given", "class", "true"], "i")
    numeric(path, rows, ["estimated"], "f")
    same("samples", int(rows["true"].sum()), len(samples["index"]))
    close("estimates", float(rows["estimated"].sum()), len(samples["index"]), 0.1 * len(rows))


def review(path):
    """holdout suspects --review, as spreadsheets read it."""
    import pandas
    rows = pandas.read_csv(path, encoding="utf-8-sig")
    numeric(path, rows, ["index", "given"], "i")
    numeric(path, rows, ["suggestion"], "if")
    numeric(path, rows, ["probability"], "f")
    same("empty verdicts", bool(rows["verdict"].isna().all()), True)


def left_out(folder):
    """A run's left-out.safetensors has other images than samples.safetensors, and the same evaluations."""
    import numpy
    samples, _ = tensors(folder + "/samples.safetensors")
    have, _ = tensors(folder + "/left-out.safetensors")
    same("tensors", sorted(have), sorted(samples))
    same("epochs", have["epoch"].tolist(), samples["epoch"].tolist())
    same("images of both", set(have["index"].tolist()) & set(samples["index"].tolist()), set())
    same("weights", bool(numpy.isnan(have["weight"]).all()), True)


def predictions(path):
    _, rows = table(path)
    whole = [name for name in ("index", "true", "given", "predicted") if name in rows.columns]
    numeric(path, rows, whole, "i")
    numeric(path, rows, ["probability", "loss"], "f")
    same("probabilities", bool(((rows["probability"] > 0) & (rows["probability"] <= 1)).all()), True)


def outputs(rows, probabilities, features):
    """What eval writes for numpy: a row for each row of the predictions."""
    import numpy
    _, rows = table(rows)
    p, f = numpy.load(probabilities), numpy.load(features)
    same("types", (str(p.dtype), str(f.dtype)), ("float32", "float32"))
    same("rows", (len(p), len(f)), (len(rows), len(rows)))
    same("predicted", p.argmax(axis=1).tolist(), rows["predicted"].tolist())
    close("probability", float(p[0].max()), float(rows["probability"][0]), 1e-5)
    close("sum", float(p.sum(dtype="f8")), len(p), 1e-5)


def examples_of(page):
    """The examples in Python of a manual page, by name."""
    import re
    with open(page, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r'^\.\\" python (\w+)\n\.Bd .*\n((?:.*\n)*?)\.Ed$', text, re.M)
    return {name: code.replace("\\e", "\\").replace("\\-", "-") for name, code in found}


class Recorder:
    """Stands for a library that is not here: takes any call, and keeps the arguments."""
    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        def call(*arguments, **named):
            self.calls.append((name, arguments, named))
            return self
        return call

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def manual(page):
    """The examples of holdout-files(5), in a folder with runs/bilevel, which is of three epochs and 120 samples."""
    import types
    import numpy
    code, names = examples_of(page), {}
    for name in "pandas", "numpy", "suspects", "scale":
        exec(code[name], names)
    same("rows of the log", len(names["log"]), 3)
    same("a column of the log", names["log"]["weights.mean"].dtype.kind, "f")
    same("rows of labels", len(names["labels"]), 120)
    same("suspects", len(names["worst"]), 20)
    means = dict(zip(names["samples"]["index"].tolist(), names["samples"]["margin"].mean(axis=0).tolist()))
    same("the worst", means[int(names["worst"][0])], min(means.values()))
    same("shape of weights", names["weights"]["fc1.weight"].shape[0], 4)
    same("scales", (len(names["mean"]), bool((names["deviation"] > 0).all())), (3, True))
    try:
        import safetensors
        del safetensors
    except ImportError:
        print("without safetensors")
    else:
        own = {}
        exec(code["safetensors"], own)
        same("metadata", own["notes"], names["notes"])
        for what in "everything", "weights", "samples":
            same(what, sorted(own[what]), sorted(names[what]))
            same(what, all(numpy.array_equal(own[what][k], names[what][k], equal_nan=own[what][k].dtype.kind == "f") for k in own[what]), True)
    lines = read_lines("runs/bilevel/log.jsonl")
    known = [sum(value is not None for value in line.values()) for line in lines]
    for name, path in ("tensorboard", "torch.utils.tensorboard"), ("wandb", "wandb"), ("mlflow", "mlflow"):
        recorder, parts = Recorder(), path.split(".")
        for i in range(len(parts)):
            module = types.ModuleType(".".join(parts[:i + 1]))
            module.__getattr__ = recorder.__getattr__
            sys.modules[module.__name__] = module
        exec(code[name], {})
        calls = [call for call in recorder.calls if call[0] in ("add_scalar", "log", "log_metrics")]
        same(name, len(calls), sum(known) if name == "tensorboard" else 3)
        steps = [call[1][2] if name == "tensorboard" else call[2]["step"] for call in calls]
        same(f"steps of {name}", sorted(set(steps)), [1, 2, 3])


def matrix(path):
    import numpy
    have = numpy.loadtxt(path)
    same("square", have.shape[0], have.shape[1])
    for total in have.sum(axis=1):
        close("a row's sum", float(total), 1.0)


def shown(path, folder):
    """holdout show --runs --format tsv, of one run."""
    _, rows = table(path)
    summary = read_json(folder + "/summary.json")
    numeric(path, rows, ["seed", "epochs"], "i")
    for key in "test_accuracy_last", "test_accuracy_best", "train_accuracy_noisy":
        close(key, float(rows[key][0]), summary[key], 1e-8)


def results(*paths):
    """Tables of experiments: every row has every column, and numbers are numbers."""
    for path in paths:
        notes, rows = table(path)
        same(f"{path}: there are notes and rows", bool(notes) and len(rows) > 0, True)
        for name in rows.columns:
            if name in ("seed", "epoch", "epochs", "seeds", "train_size"):
                numeric(path, rows, [name], "i")
            elif name.startswith(("test_accuracy", "train_accuracy", "noise_rate")):
                numeric(path, rows, [name], "fi")


def visible(text):
    """As tables show it: a question mark for each byte of a control character."""
    return "".join("?" * len(c.encode()) if unicodedata.category(c) == "Cc" else c for c in text)


def statistics(path, shown, *columns):
    """holdout show --table, of a table made here: every cell and column, whatever their names are."""
    with open(path, encoding="utf-8", newline="") as file:
        names, *rows = [line.split("\t") for line in file.read().split("\n") if line and line[0] != "#"]
    _, have = table(shown)
    numeric(shown, have, ["runs", "n"], "i")
    numeric(shown, have, ["mean", "standard_deviation", "standard_error"], "f")
    want = []
    for cell in dict.fromkeys(row[names.index("cell")] for row in rows):
        mine = [row for row in rows if row[names.index("cell")] == cell]
        for column in columns:
            x = [float(row[names.index(column)]) for row in mine if row[names.index(column)] != "NA"]
            want.append((visible(cell), visible(column), len(mine), x))
    same("rows", len(have), len(want))
    for (_, row), (cell, column, runs, x) in zip(have.iterrows(), want):
        same("cell", row["cell"], cell)
        same("column", row["column"], column)
        same("runs and numbers", (int(row["runs"]), int(row["n"])), (runs, len(x)))
        same("there is a mean", not math.isnan(row["mean"]), len(x) > 0)
        if x:
            close("mean", row["mean"], math.fsum(x) / len(x), 1e-12)
        if len(x) > 1:
            centre = math.fsum(x) / len(x)
            close("deviation", row["standard_deviation"],
                  math.sqrt(math.fsum((a - centre) ** 2 for a in x) / (len(x) - 1)), 1e-9)


def bench(path):
    have = read_json(path)
    for key in "images_per_s", "median_step_s", "min_step_s", "max_step_s", "mean_step_s", "outside_s":
        same(f"type of {key}", type(have[key]), float)
    for layer in have["layers"]:
        same("keys of a pass", sorted(layer["forward"]), ["gflops_per_s", "s", "share"])


def estimate(path):
    have = read_json(path)
    whole = "parameters", "rss_bytes", "peak_rss_bytes", "disk_bytes", "steps", "evaluations"
    parts = "step_s", "evaluation_s", "time_s"
    same("keys", sorted(have), sorted(whole + parts))
    for key in whole:
        same(f"type of {key}", type(have[key]), int)
    for key in parts:
        same(f"type of {key}", type(have[key]), float)


def arrays(tool):
    """NumPy's files: each type in both byte orders, both orders of dimensions, each version of the format."""
    import subprocess
    import numpy

    def shown(path):
        first, *lines = subprocess.run([tool, "show", path], check=True, capture_output=True,
                                       encoding="utf-8").stdout.split("\n")[:-1]
        return tuple(map(int, first.split())), lines

    def read(array, version, what):
        with open("in.npy", "wb") as file:
            numpy.lib.format.write_array(file, array, version)
        shape, lines = shown("in.npy")
        same(f"{what}: shape", shape, array.shape)
        for have, want in zip(lines, array.ravel().tolist(), strict=True):
            if isinstance(want, (str, bytes)):
                same(what, have, want if isinstance(want, str) else want.decode())
            else:
                same(what, float(have) if isinstance(want, float) else int(have), want + 0)

    random = numpy.random.default_rng(1)
    for kind in "i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 b1".split():
        for i, shape in enumerate([(), (1,), (5,), (2, 3), (3, 1, 2), (2, 3, 2, 2), (0, 4)]):
            if kind[0] in "iu":
                low, high = numpy.iinfo(kind).min, min(numpy.iinfo(kind).max, 2**63 - 1)
                array = random.integers(low, high, shape, dtype=kind, endpoint=True)
            else:
                array = numpy.asarray(random.normal(size=shape)).astype(kind)
            for order in "<>":
                there = array.astype(array.dtype.newbyteorder(order))
                read(there, (1 + i % 3, 0), f"{order}{kind} {shape}")
                read(numpy.asfortranarray(there), (1, 0), f"{order}{kind} {shape} Fortran")
    read(numpy.array(["cat", "d\u00f6g", "", "\u20ac\U0001f600"]), (1, 0), "texts")
    read(numpy.array([b"cat", b"d", b""]).reshape(3, 1), (1, 0), "bytes")
    for kind in ("f4", "f8", "u2", "i8"):
        for shape in ((), (7,), (4, 3), (2, 1, 3)):
            want = numpy.asarray(random.integers(0, 60000, shape)).astype(kind) + (0.1 if kind[0] == "f" else 0)
            want = numpy.asarray(want).astype(kind)
            numpy.save("in.npy", want)
            subprocess.run([tool, "copy", kind, "in.npy", "out.npy"], check=True)
            have = numpy.load("out.npy", allow_pickle=False)
            same(f"{kind} {shape}", (have.dtype, have.shape, have.tolist()), (want.dtype, want.shape, want.tolist()))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
