/* SPDX-License-Identifier: MIT
 * nets.c - `holdout nets': the networks, their size and options; every tensor of one of them. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "cli/print/table.h"
#include "cli/shape.h"

enum { INPUT, CLASSES };
enum { RANGE = 17, SUMMARY = 44 }; /* columns of the list */

static const struct ho_flag flags[] = { [INPUT] = { "input", 0, "HxWxC",
                                                    "height, width and channels of the images (default 32x32x3)" },
                                        [CLASSES] = { "classes", 0, "K", "number of classes (default 10)" },
                                        { NULL, 0, NULL, NULL } };

static void print_options(const struct ho_model *model)
{
  char option[64], range[80], low[32], high[32], value[32];
  for (const struct ho_net_option *o = model->options; o->name; o++) {
    ho_net_option_text(o, o->value, value);
    ho_net_option_text(o, o->low, low);
    ho_net_option_text(o, o->high, high);
    snprintf(option, sizeof option, "%s=%s", o->name, value);
    snprintf(range, sizeof range, "%s%s to %s", o->whole ? "whole, " : "", low, high);
    printf("    %-*s%-*s", RANGE - 4, option, SUMMARY - RANGE, range);
    ho_help_wrapped(o->help, SUMMARY, SUMMARY);
  }
}

static int print_table(struct ho_shape input, int classes)
{
  printf("images of %dx%dx%d, %d classes\n\n", input.height, input.width, input.channels, classes);
  printf("%-15s  %10s  %13s  %s\n", "NAME", "PARAMETERS", "MULTIPLY-ADDS", "SUMMARY");
  for (const struct ho_model *const *m = ho_models(); *m; m++) {
    struct ho_error err;
    struct ho_net *net = ho_net_new((*m)->name, input, classes, &err);
    if (net) {
      printf("%-15s  %10zu  %13.0f  ", (*m)->name, net->parameters, net->multiply_adds);
      ho_help_wrapped((*m)->summary, SUMMARY, SUMMARY);
    } else
      printf("%-15s  %10s  %13s  %s\n", (*m)->name, "-", "-", err.text);
    print_options(*m);
    ho_net_free(net);
  }
  return HO_EXIT_OK;
}

static void tensor_row(struct ho_table *t, const struct ho_param *p, const char *decays)
{
  char shape[64], init[64], value[32];
  size_t side[4], length = 0;
  int n = ho_param_file_shape(p, side);
  for (int i = 0; i < n; i++)
    length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%zu", i ? "x" : "", side[i]);
  snprintf(value, sizeof value, "%.5g", p->init == HO_INIT_ONE ? 1 : p->init_value);
  if (p->init == HO_INIT_UNIFORM)
    snprintf(init, sizeof init, "uniform 1/sqrt(%d)", p->fan_in);
  else if (p->init == HO_INIT_SCALED)
    snprintf(init, sizeof init, "truncated sqrt(%s/%d)", value, p->fan_in);
  else
    snprintf(init, sizeof init, "%s%s", p->init == HO_INIT_TRUNCATED ? "truncated " : "", value);
  ho_table_cell(t, "%s", p->name);
  ho_table_cell(t, "%s", shape);
  ho_table_cell(t, "%zu", p->size);
  ho_table_cell(t, "%s", init);
  ho_table_cell(t, "%s", decays);
}

static int print_tensors(const struct ho_net *net, struct ho_error *err)
{
  static const char *const headings[] = { "TENSOR", "SHAPE", "SIZE", "INITIALISATION", "DECAYS" };
  struct ho_table t = { .format = HO_TABLE_TEXT, .width = ho_table_terminal(stdout) };
  for (int i = 0; i < 5; i++)
    ho_table_column(&t, headings[i], i == 2);
  for (int i = 0; i < net->nparams; i++)
    tensor_row(&t, &net->param[i], net->param[i].is_weight ? "yes" : "no");
  for (int i = 0; i < net->nstats; i++)
    tensor_row(&t, &net->stat[i], "running statistic");
  putchar('\n');
  int bad = ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad;
}

static int print_one(const char *spec, struct ho_shape input, int classes)
{
  struct ho_error err;
  struct ho_net *net = ho_net_new(spec, input, classes, &err);
  if (!net) {
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  printf("network        %s\nabout          %s\n", net->spec, net->model->summary);
  if (net->model->citation)
    printf("source         %s\n", net->model->citation);
  printf("images         %dx%dx%d, %d classes\n", input.height, input.width, input.channels, classes);
  printf("parameters     %zu\nmultiply-adds  %.0f per image\n", net->parameters, net->multiply_adds);
  printf("features       %d\n", net->features);
  int bad = print_tensors(net, &err);
  ho_net_free(net);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_shape input = { 32, 32, 3 };
  struct ho_error err;
  int classes = 10, status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0) {
    if (ho_shape_parse(a.flag[INPUT], a.flag[CLASSES], &input, &classes, &err)) {
      ho_fail(&err);
      status = HO_EXIT_USAGE;
    } else
      status = a.npositional ? print_one(a.positional[0], input, classes) : print_table(input, classes);
  }
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { NULL };

const struct ho_command ho_command_nets = {
  .name = "nets",
  .summary = "list the networks and their options, or the tensors of one",
  .usage = "[FLAGS] [NAME[:key=value,...]]",
  .text = "Lists every network with its number of trainable parameters, the multiply-adds of convolutions and "
          "dense layers per image, and its options with default and range. With a NAME and optional settings, "
          "lists every tensor: name, shape as in files (PyTorch's layout), initialisation, whether weight decay "
          "applies to it by default; then the running statistics.",
  .examples = "holdout nets\nholdout nets preact-resnet18:width=16\n"
              "holdout nets inception-small --input 29x29x3 --classes 100\n",
  .settings = settings,
  .flags = flags,
  .max_positional = 1,
  .run = run,
};
