#!/bin/sh
# Install the packages of a package-lock.json with npm: the machine's, or that of `node.sh`.
# usage: npm.sh BIN [npm ci options]
set -eu
bin=$1
shift
npm=$(command -v npm || echo "$bin/npm")
echo "Installing npm packages ..."
"$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@"
