#!/bin/sh
# A virtual environment with exactly the packages of a lock file, and this project linked into it.
# usage: venv.sh PYTHON FOLDER LOCK
set -eu
python=$1 folder=$2 lock=$3
"$python" - <<'EOF' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit("Earful needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.11")
EOF
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
echo "Installing packages from $lock ..."
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null ||
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
