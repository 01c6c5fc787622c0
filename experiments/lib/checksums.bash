# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# checksums.bash - SHA-256 of the files of finished runs, so that others can repeat a run and compare: see `verify'.
#
# RESULTS/NAME.sha256      a line per run and file, as sha256sum writes them; a run is called CELL/seed-N

# shellcheck disable=SC2154 # variables of experiment.bash

# Files that are equal to the last byte in equal runs; timing.jsonl differs.
run_files=(checkpoint.safetensors samples.safetensors log.jsonl summary.json labels.tsv config.yaml)

checksums() {
  local i file sums seed files=() names=()
  for i in "${!done[@]}"; do
    seed=${done[i]##*-seed}
    for file in "${run_files[@]}"; do
      test -f "${done[i]}/$file" || continue # checkpoints may have been deleted to save space
      files+=("${done[i]}/$file")
      names+=("${done_cell[i]}/seed-${seed%%-*}/$file")
    done
  done
  sums=$(sha256sum -- "${files[@]}") || return
  mapfile -t sums <<<"$sums"
  for i in "${!names[@]}"; do
    sums[i]=${sums[i]#\\} # where it had to quote the name
    echo "${sums[i]%% *}  ${names[i]}"
  done
}
