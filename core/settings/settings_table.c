/* SPDX-License-Identifier: MIT
 * settings_table.c - every setting of a run, a row each: flag, key, default, range, help; see settings.h.
 *
 * Names are those of timm's training script where it has one.  Rows of one group stand together. */
#include "settings/settings.h"

#define AT(field) offsetof(struct ho_settings, field), 0
#define LIST_AT(field, count) offsetof(struct ho_settings, field), offsetof(struct ho_settings, count)
#define INT HO_SETTING_INT
#define REAL HO_SETTING_REAL
#define BOOL HO_SETTING_BOOL
#define CHOICE HO_SETTING_CHOICE
#define DEVICE HO_SETTING_DEVICE
#define TEXT HO_SETTING_TEXT
#define LIST HO_SETTING_LIST
#define BYTES HO_SETTING_BYTES
#define TIME HO_SETTING_TIME
#define DATA HO_SETTING_DATA
#define RUN HO_SETTING_RUN
#define MACHINE HO_SETTING_MACHINE
#define LATER HO_SETTING_LATER

const struct ho_setting ho_setting_table[] = {
  { "dataset", 0, TEXT, AT(dataset), "fashion-mnist", NULL, "NAME", DATA | RUN, "data",
    "data set; `holdout data' lists them; your own: npy:FILE,labels=FILE, idx:FOLDER, cifar:KEY=VALUE,...; see "
    "`holdout data --help'" },
  { "data-dir", 0, TEXT, AT(data_dir), NULL, NULL, "PATH", DATA | MACHINE, "data",
    "the folder to look for data in, instead of $HOLDOUT_DATA and the system's" },
  { "train-size", 0, INT, AT(train_size), "0", "[0,inf)", "N", DATA | RUN, "data",
    "training images, balanced over classes where the data allow; 0: all that the other parts leave, "
    "in the proportions they have; a warning says when classes have no image to train on" },
  { "validation-size", 0, INT, AT(validation_size), "0", "[0,inf)", "N", DATA | RUN, "data",
    "held-out images with noisy labels, balanced over classes where the data allow; one image of each class "
    "stays for training" },
  { "clean-size", 0, INT, AT(clean_size), "0", "[0,inf)", "N", DATA | RUN, "data",
    "held-out images with true labels, for methods that need them, chosen as those of --validation-size are; refused "
    "where true labels are not known" },
  { "test-size", 0, INT, AT(test_size), "0", "[0,inf)", "N", DATA | RUN, "data",
    "test images, balanced over classes where the data allow, the same for every seed; 0: all" },
  { "noise", 0, TEXT, AT(noise), "none", NULL, "SPEC", DATA | RUN, "data",
    "wrong labels, as in symmetric:0.4 or file:labels.tsv; `holdout noise --help' lists the models" },
  { "true-labels", 0, CHOICE, AT(true_labels), "unknown", "unknown|own", "WHICH", DATA | RUN | LATER, "data",
    "of your own data with labels from a file: whether the data set's own labels are known to be right (own), so that "
    "those of the file are judged by them" },
  { "augment", 0, TEXT, AT(augment), "none", NULL, "NAME", RUN, "data",
    "augmentation of training images: none, crop-flip, authors; or shuffled-pixels, one random order of the pixels "
    "for all images, those of the test, too" },
  { "fold", 0, TEXT, AT(fold), NULL, NULL, "I/K", RUN | LATER, "data",
    "leave fold I of K out of training, as in 2/5; every evaluation scores it; `holdout suspects --folds K' trains "
    "all" },

  { "net", 0, TEXT, AT(net), "mlp", NULL, "SPEC", RUN, "model and optimizer",
    "network, NAME:key=value,...: mlp is quick, preact-resnet18 is the paper's; `holdout nets' lists them" },
  { "init", 0, TEXT, AT(init), NULL, NULL, "FILE", RUN, "model and optimizer",
    "begin with the weights and running statistics of this safetensors file, by name: a checkpoint, or a state_dict" },
  { "optimizer", 0, TEXT, AT(optimizer), "sgd", NULL, "CHAIN", RUN, "model and optimizer",
    "optimizers joined by +, such as bilevel+mixup; `holdout optimizers' lists them" },
  { "option", 'O', LIST, LIST_AT(option, noptions), NULL, NULL, "NAME.option=value", RUN, "model and optimizer",
    "an option of an optimizer; may be repeated, and of equal names the last one counts" },
  { "plugin-dir", 0, LIST, LIST_AT(plugin_dir, nplugin_dirs), NULL, NULL, "PATH", MACHINE, "model and optimizer",
    "folder to look for optimizers first, before $HOLDOUT_PLUGIN_PATH and the installed; may be repeated" },

  { "epochs", 0, INT, AT(epochs), "20", "[1,inf)", "N", RUN, "training",
    "passes over the training images, each of floor(images / batch size) steps" },
  { "batch-size", 'b', INT, AT(batch_size), "64", "[1,inf)", "N", RUN, "training",
    "images of a step; a chain of several mini-batches divides it" },
  { "weight-decay", 0, REAL, AT(weight_decay), "5e-4", "[0,inf)", "X", RUN, "training",
    "weight decay, added after the direction" },
  { "decay", 0, CHOICE, AT(decay), "weights", "weights|all", "WHICH", RUN, "training",
    "what decays: kernels and matrices, or every parameter" },

  { "lr", 0, REAL, AT(lr), "0.03", "[0,inf)", "X", RUN, "learning rate",
    "learning rate; an optimizer may have its own default, as adam does: `holdout optimizers adam'" },
  { "sched", 0, CHOICE, AT(schedule), "cosine", "const|step|exp|cosine", "NAME", RUN, "learning rate",
    "how the learning rate changes over the run" },
  { "decay-epochs", 0, TEXT, AT(decay_epochs), NULL, NULL, "LIST", RUN, "learning rate",
    "step: epochs at which the rate falls, 100,150, or every so many, 30 (default 30); exp: epochs per factor "
    "(default 1)" },
  { "decay-rate", 0, REAL, AT(decay_rate), "0", "[0,inf)", "X", RUN, "learning rate",
    "factor of step and exp; 0: 0.1 for step, and for exp what ends at min-lr, or at lr/100 when that is 0" },
  { "min-lr", 0, REAL, AT(min_lr), "0", "[0,inf)", "X", RUN, "learning rate", "where cosine ends, and exp by default" },
  { "warmup-epochs", 0, INT, AT(warmup_epochs), "0", "[0,inf)", "N", RUN, "learning rate", "epochs of linear warm-up" },
  { "warmup-lr", 0, REAL, AT(warmup_lr), "1e-5", "[0,inf)", "X", RUN, "learning rate", "where warm-up begins" },

  { "seed", 0, INT, AT(seed), "0", "[0,inf)", "N", DATA | RUN, "seeds", "decides every random draw" },
  { "noise-seed", 0, INT, AT(noise_seed), "-1", "[-1,inf)", "N", DATA | RUN, "seeds",
    "decides the wrong labels alone; -1: the same as --seed" },

  { "eval-every", 0, INT, AT(eval_every), "1", "[1,inf)", "N", RUN, "evaluation",
    "epochs between evaluations; the last epoch always has one" },
  { "eval-size", 0, INT, AT(eval_size), "0", "[0,inf)", "N", RUN, "evaluation",
    "training images scored at an evaluation, a random choice by seed, the same at each; 0, or more than there are: "
    "all" },

  { "run-dir", 0, TEXT, AT(run_dir), NULL, NULL, "DIR", MACHINE, "run", "folder for everything the run writes" },
  { "resume", 0, TEXT, AT(resume), NULL, NULL, "RUN", MACHINE, "run", "continue the run in this folder" },
  { "overwrite", 0, BOOL, AT(overwrite), "false", NULL, NULL, MACHINE, "run", "replace an existing run" },
  { "checkpoint-every", 0, INT, AT(checkpoint_every), "1", "[1,inf)", "N", MACHINE, "run",
    "epochs between checkpoints; the last epoch always has one" },
  { "time-limit", 0, TIME, AT(time_limit), "0", "[0,inf)", "TIME", MACHINE, "run",
    "stop with a checkpoint before this time is up, as in 10m or 1h30m, and exit with status 75; --resume goes on; at "
    "least one step is done; 0: no limit" },
  { "quiet", 0, BOOL, AT(quiet), "false", NULL, NULL, MACHINE, "run", "print only errors and the result, no progress" },

  { "engine", 0, DEVICE, AT(engine), "cpu", "cpu|cuda", "NAME", RUN | LATER, "machine",
    "what runs the networks: cpu, or cuda, an NVIDIA GPU; cuda:1 is the second GPU of this machine" },
  { "precision", 0, CHOICE, AT(precision), "float32", "float32|tf32|bf16", "NAME", RUN | LATER, "machine",
    "how --engine cuda multiplies matrices; float32 is about as accurate as the CPU, tf32 and bf16 round factors to 11 "
    "and 8 significant bits and need fewer products" },
  { "arithmetic", 0, CHOICE, AT(arithmetic), "native", "native|portable", "WHICH", RUN, "machine",
    "native: the fastest instructions of this processor; portable: AVX2 kernels everywhere, so that every x86-64 "
    "processor that has it computes the very same bits" },
  { "threads", 0, INT, AT(threads), "0", "[0,4096]", "N", MACHINE, "machine",
    "workers; 0: one for each processor that the process may use (affinity, quota of its control group); the results "
    "are the same for any number" },
  { "memory-limit", 0, BYTES, AT(memory_limit), "0", "[0,inf)", "SIZE", MACHINE, "machine",
    "refuse a run that needs more, as in 512M or 8G; 0: nine tenths of what the machine, the control group and ulimit "
    "leave" },
  { 0 }
};
