#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All that a CUDA device is needed for, in 12 minutes at most: the first thing to run where there is one.
#
#   .ci/gpu.sh                 results in $OUT, or else in build/gpu
#   MINUTES=8 .ci/gpu.sh       in another time
#   PYTHON=python3.12 PIP_ARGS="--index-url ..." .ci/gpu.sh
#
# From a bare checkout: needs python3 with venv and a driver. A PyTorch with CUDA that $PYTHON
# (python3) has is used; what is missing besides is installed into build/gpu_venv, which sees the
# packages of $PYTHON. Each stage has a limit of its own, writes NAME.log and its figures, and the
# next one runs whatever became of it. DATA=FOLDER: clips to train on. The exit code is the number
# of stages that failed.
set -uo pipefail
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 125
out=${OUT:-build/gpu}
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 125
started=$(date +%s)
budget=$((${MINUTES:-12} * 60))
base=${PYTHON:-python3}
venv=$PWD/build/gpu_venv
python=$base
extra=$PWD/build/gpu_packages
export PYTHONPATH=$PWD:$extra OMP_NUM_THREADS=${OMP_NUM_THREADS:-4} PYTHONUNBUFFERED=1
: >"$out/summary.txt"
failed=0

left() { echo $((budget - $(date +%s) + started)); }
say() { echo "$*" | tee -a "$out/summary.txt"; }

# stage NAME SECONDS COMMAND...: runs it for at most so long, and no longer than there is time.
stage() {
  local name=$1 limit=$2 begun rc
  shift 2
  [ "$limit" -gt "$(left)" ] && limit=$(left)
  if [ "$limit" -lt 5 ]; then
    say "$(printf '%-12s not run: no time left' "$name")"
    failed=$((failed + 1))
    return
  fi
  begun=$(date +%s)
  timeout --signal=INT --kill-after=10 "$limit" "$@" >"$out/$name.log" 2>&1
  rc=$?
  case $rc in
    0) what=passed ;;
    124 | 137) what="cut off after $limit s" ;;
    *) what="FAILED ($rc): $(grep -v '^ *$' "$out/$name.log" | tail -n 1 | cut -c1-160)" ;;
  esac
  [ "$rc" = 0 ] || failed=$((failed + 1))
  say "$(printf '%-12s %4d s  %s' "$name" $(($(date +%s) - begun)) "$what")"
}

needed="torch numpy scipy safetensors yaml tqdm rich onnx onnxruntime rosbags lz4 pytest hypothesis"
lacking() { "$1" -c "
import importlib.util, sys
print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])" $needed; }

prepare() {
  local missing own
  missing=$(lacking "$base") || return
  if [ -n "$missing" ]; then
    "$base" -m venv --system-site-packages "$venv" || return
    # Packages of a venv that $PYTHON is are seen as well.
    own=$("$base" -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")
    echo "$own" >"$("$venv/bin/python" -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")/base.pth"
    missing=$(lacking "$venv/bin/python")
    # Index options are several words, and so are names.
    # shellcheck disable=SC2086
    [ -z "$missing" ] || "$venv/bin/python" -m pip install -q ${PIP_ARGS:-} -c constraints.txt \
      ${missing/yaml/pyyaml} || echo "note: not all of $missing could be installed"
  fi
  [ ! -x "$venv/bin/python" ] || python=$venv/bin/python
  "$python" -c "import torch; assert torch.cuda.is_available(), 'PyTorch sees no CUDA device'"
}

# Its kernels are Triton: the CUDA extensions, which take long to build, are not needed for them.
kernels() {
  "$python" -c "import mamba_ssm.ops.triton.ssd_combined" && return
  # Not among the packages of $PYTHON, which are not ours to change.
  # shellcheck disable=SC2086
  MAMBA_SKIP_CUDA_BUILD=TRUE "$python" -m pip install -q ${PIP_ARGS:-} --no-deps \
    --no-build-isolation --target "$extra" mamba-ssm einops || return
  "$python" -c "import mamba_ssm.ops.triton.ssd_combined"
}

card() {
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || return
  "$python" -c "import torch; print('torch', torch.__version__, 'CUDA', torch.version.cuda)"
}
export -f prepare lacking kernels card
export base venv extra python needed

stage prepare 200 bash -c prepare
[ ! -x "$venv/bin/python" ] || python=$venv/bin/python
stage card 20 bash -c card
sed 's/^/             /' "$out/card.log" | tee -a "$out/summary.txt"
stage kernels 60 bash -c kernels
stage tests 120 "$python" -m pytest -q -p no:cacheprovider -m cuda tests/model tests/runtime
stage parity 150 "$python" -m tools.gpu.parity --out "$out/parity.json"
stage coming 60 "$python" -m tools.gpu.coming_and_going --out "$out/coming.json"
stage bench 120 bash -c '"$python" -m kinest_ros.cli.main bench --device cuda --frames 3000 \
  --windows 30 --bodies 1 64 1024 4096 --training --json >"$0/bench.json"' "$out"
stage live 75 "$python" -m tools.gpu.live_tracker --seconds 60 --out "$out/live.json"
# For the time that is left; a checkpoint each half minute, to go on from elsewhere (--resume).
minutes=$(($(left) > 70 ? ($(left) - 45) * 10 / 60 : 4))
if [ -n "${DATA:-}" ]; then data=(--data "$DATA" --split rule); else
  clips=$(mktemp -d)/clips
  timeout 60 "$python" -c "import pathlib, sys; from tests.motion.clip_files import write_clips
write_clips(pathlib.Path(sys.argv[1]), 8, 10.0)" "$clips" >"$out/clips.log" 2>&1
  data=(--data "$clips")
fi
stage training "$(left)" "$python" -m kinest_ros.cli.main train "${data[@]}" --procedural 0.5 \
  --out "$out/training" --device cuda --bf16 --batch 64 --minutes "$((minutes / 10)).$((minutes % 10))" \
  --checkpoint-minutes 0.5 --json

say "$failed stages failed; results in $out"
exit "$failed"
