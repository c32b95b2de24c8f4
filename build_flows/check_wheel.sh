#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds sdist and wheel, installs the wheel made from the sdist into an empty environment outside the checkout with
# what its own bounds resolve to, and walks train, export, compile, simulate on digits there.
# usage: build_flows/check_wheel.sh pip|uv PYTHON      (downloads some gigabytes: PyPI's torch brings CUDA along)
set -euo pipefail
cd "$(dirname "$0")/.."
installer=${1:-pip} python=${2:-python3.11} checkout=$PWD
case $installer in
  pip | uv) ;;
  *) echo "check_wheel: installer '$installer' is neither pip nor uv" >&2; exit 2 ;;
esac
command -v "$python" >/dev/null || { echo "check_wheel: $python not found; name a Python" >&2; exit 2; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# A copy: building leaves an egg-info and a build folder beside the sources.
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$place"
cd "$place"
"$checkout/.venv/bin/python" -c "from setuptools.build_meta import build_sdist; build_sdist('dist')" >/dev/null
"$checkout/.venv/bin/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir dist dist/*.tar.gz

"$python" -m venv env
if [ "$installer" = uv ]; then
  env/bin/pip install --quiet uv
  env/bin/uv pip install --quiet --python env/bin/python dist/*.whl
else
  env/bin/pip install --quiet dist/*.whl
fi
cp build_flows/demo_digits.json recipe.json
mkdir walk && cd walk
../env/bin/rbonn train --recipe ../recipe.json --out train
../env/bin/rbonn export train --out export
../env/bin/rbonn compile export/model.qonnx.onnx --out build --target-cycles 2000
../env/bin/rbonn simulate build --data export/golden.npz --frames 20
echo "installed by $installer: $(../env/bin/pip list --format=freeze | grep -iE '^(torch|brevitas|finn-plus|qonnx|onnx|numpy)==' | tr '\n' ' ')"
