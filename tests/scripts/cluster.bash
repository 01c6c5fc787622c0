# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# cluster.bash - a Slurm of one node on this machine, for tests: `begin_cluster FOLDER', `end_cluster FOLDER'.
#
# It needs root and the programs of Debian's slurm-wlm, listens on the loopback interface alone, and keeps everything in
# the folder.  It trusts whoever can reach it, so it should not outlive the tests.

# Why there is no cluster here, or nothing.
no_cluster() {
  local program
  for program in slurmctld slurmd sbatch; do
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || {
      echo "no $program"
      return
    }
  done
  test "$(id -u)" -eq 0 || echo "a Slurm of one's own needs root"
}

# Two ports, one behind the other, on which nobody listens.
free_ports() {
  local port
  for port in $(shuf -i 20000-30000 -n 50); do
    if ! (: <"/dev/tcp/127.0.0.1/$port" || : <"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; then
      echo "$port $((port + 1))"
      return
    fi
  done
  return 1
}

begin_cluster() { # folder
  local ports tries
  read -r -a ports <<<"$(free_ports)"
  mkdir -p "$1/state" "$1/spool"
  export SLURM_CONF=$1/slurm.conf
  # Four processors, whatever the machine has; schedules every second, forgets no job while a test looks at it.  Who queues
  # up again waits for 20 seconds, not 120: at once, Slurm may take the first start's word, that it is over, for the second's.
  cat >"$SLURM_CONF" <<END
ClusterName=toy
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
AuthInfo=cred_expire=20
CredType=cred/none
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.log
MpiDefault=none
SwitchType=switch/none
TaskPlugin=task/none
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4 RealMemory=1024 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
END
  # Descriptor 3 is bats's, who would wait until it is closed.
  PATH=$PATH:/usr/sbin
  slurmctld 3>&-
  slurmd -N localhost 3>&-
  for ((tries = 0; tries < 300; tries++)); do
    test "$(sinfo --noheader --format=%t 2>/dev/null)" != idle || return 0
    sleep 0.1
  done
  tail -n 30 "$1"/slurmctld.log "$1"/slurmd.log >&2
  return 1
}

end_cluster() { # folder
  local daemon pid tries
  scancel --full --quiet --user=root 2>/dev/null || :
  for daemon in slurmd slurmctld; do
    test -s "$1/$daemon.pid" || continue
    pid=$(<"$1/$daemon.pid")
    kill "$pid" || continue
    for ((tries = 0; tries < 100; tries++)); do # they write into the folder to the end
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done
}
