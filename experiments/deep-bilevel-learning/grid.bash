# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# grid.bash - what the experiments of Deep Bilevel Learning share: three scales, and the methods by name.
#
#   quick   minutes: Fashion-MNIST and a network of two hidden layers, without batch norm
#   small   hours on two cores: 4,000 images of CIFAR-10, long enough for SGD to memorise; a narrow PreAct ResNet-18, and
#           a LeNet, which has no batch norm, as the plain network
#   paper   days on a cluster: all of CIFAR-10.  The table has its own setup, the PreAct ResNet-18; how the paper trained
#           it is unknown, so the settings are those of the mixup code, which the network comes from.  The small
#           Inception network is trained as in what the authors published as code; CifarNet is the plain network, its
#           settings being ours.

# shellcheck disable=SC2034,SC2154 # tables for experiment.bash, `scale' is experiment.bash's
scales=(quick small paper)
declare -A setups=(
  [quick]='--dataset fashion-mnist --train-size 2000 --validation-size 1000 --noise symmetric:0.4 --net mlp:hidden=256
           --batch-size 64 --epochs 40 --lr 0.05 --sched exp --min-lr 0.001 --weight-decay 5e-4'
  [small]='--dataset cifar10 --train-size 4000 --validation-size 1000 --test-size 3000 --noise symmetric:0.4
           --net preact-resnet18:width=8 --batch-size 64 --epochs 20 --lr 0.1 --sched exp --min-lr 0.001
           --weight-decay 5e-4 --eval-every 2 --eval-size 1000'
  [small-plain]='--dataset cifar10 --train-size 4000 --validation-size 1000 --test-size 3000 --noise symmetric:0.4
           --net lenet:width=2 --batch-size 64 --epochs 40 --lr 0.05 --sched exp --min-lr 0.001
           --weight-decay 5e-4 --eval-every 2 --eval-size 1000'
  [paper]='--dataset cifar10 --noise symmetric:0.4 --augment authors --net inception-small:dropout=0.5 --batch-size 64
           --epochs 100 --lr 0.1 --sched exp --decay-epochs 1 --decay-rate 0.95 --weight-decay 5e-4 --eval-every 10'
  [paper-plain]='--dataset cifar10 --noise symmetric:0.4 --net cifarnet --batch-size 64
           --epochs 200 --lr 0.01 --sched exp --decay-epochs 1 --decay-rate 0.95 --weight-decay 5e-4 --eval-every 10'
  [paper-table]='--dataset cifar10 --noise symmetric:0.4 --augment crop-flip --net preact-resnet18 --batch-size 128
           --epochs 200 --lr 0.1 --sched step --decay-epochs 100,150 --weight-decay 1e-4 --eval-every 10'
)

# The same bits on every x86-64 processor with AVX2, so that others can check a run to the byte; see `verify'.
for key in "${!setups[@]}"; do
  setups[$key]+=' --arithmetic portable'
done

# The learning rates that each method chooses from, the same for all; see `tuning'.  (At small scale, with 0.3 SGD
# stayed at chance, and other methods diverged.)
declare -A rates=([quick]='0.02 0.05 0.1' [small]='0.03 0.1' [small-plain]='0.02 0.05 0.1'
                  [paper-table]='0.03 0.1 0.3')

# The key of a scale's setup: that for its table or for a plain network, where it has one of its own.
setup() { # table or plain, or nothing
  local key=$scale-${1-}
  test -n "${setups[$key]-}" || key=$scale
  echo "$key"
}

# ---- methods ----

# What the paper compares (dropout and bootstrapping in both readings), the controls, later methods; see `tuning'.
declare -A methods=(
  [sgd]='--optimizer sgd'
  [dropout-0.3]='--optimizer sgd dropout=0.3'
  [dropout-0.7]='--optimizer sgd dropout=0.7'
  [label-smoothing]='--optimizer label-smoothing'
  [bootstrap-soft]='--optimizer bootstrap'
  [bootstrap-hard]='--optimizer bootstrap -O bootstrap.kind=hard'
  [noise-layer]='--optimizer noise-layer'
  [air]='--optimizer air'
  [mentornet]='--optimizer mentornet'
  [mixup]='--optimizer mixup'
  [bilevel]='--optimizer bilevel'
  [bilevel+mixup]='--optimizer bilevel+mixup'
  [uniform]='--optimizer bilevel -O bilevel.weights=uniform'
  [random]='--optimizer bilevel -O bilevel.weights=random'
  [random-weights]='--optimizer random-weights'
  [gce]='--optimizer gce'
  [sce]='--optimizer sce'
  [forward-correction]='--optimizer forward-correction'
  [backward-correction]='--optimizer backward-correction'
  [elr]='--optimizer elr'
  [sam]='--optimizer sam'
  [co-teaching]='--optimizer co-teaching'
)
paper_methods=(sgd dropout-0.3 dropout-0.7 label-smoothing bootstrap-soft bootstrap-hard noise-layer air mentornet mixup
  bilevel bilevel+mixup)
controls=(uniform random random-weights)
heirs=(gce sce forward-correction backward-correction elr sam co-teaching)

# The rows of the table, in order; on two cores there is time for three of the later methods.
compared() {
  test "$scale" != small || heirs=(gce elr co-teaching)
  echo "${paper_methods[@]}" "${controls[@]}" "${heirs[@]}"
}

# The network of a setup with one more option.
net_with() { # key option
  local net=${setups[$1]##*--net }
  net=${net%%[[:space:]]*}
  case $net in
    *"${2%%=*}="*) echo "${net%%"${2%%=*}"=*}$2" ;; # it stands last wherever it stands already
    *:*) echo "$net,$2" ;;
    *) echo "$net:$2" ;;
  esac
}

# The flags of a method without the learning rate that it chose.
untuned() { # name setup
  local flags=${methods[$1]} key
  key=$(setup "${2-}")
  case $flags in
    *dropout=*) flags="${flags% *} --net $(net_with "$key" "${flags##* }")" ;;
  esac
  echo "${setups[$key]} $flags"
}

# The same with the learning rate that it chose, if it chose one.
method() { # name setup
  echo "$(untuned "$@")$(chosen "$(choice "$@")")"
}

# The name of a choice of learning rate: the plain networks and the authors' setup have their own, or none.
choice() { # method setup
  case $(setup "${2-}") in
    *-plain) echo "$1-plain" ;;
    paper) echo none ;;
    *) echo "$1" ;;
  esac
}

# A flag, unless its value is the default, so that a run with defaults is the same run in every experiment.
unless() { # default value option
  test "$1" = "$2" || echo " -O $3=$2"
}

# What an ablation starts from: bilevel.
baseline() { # setup
  method bilevel "$1"
}
