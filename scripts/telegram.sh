#!/bin/sh
# Install telemelya and python-telegram-bot for `make test-real`, in an environment of their own.
# usage: telegram.sh BIN PYTHON FOLDER
set -eu
bin=$1 python=$2 folder=$3
echo "Installing a Bot API and a bot of third parties ..."
rm -rf "$folder"
"$bin/uv" venv --quiet --python "$python" "$folder"
"$bin/uv" pip install --quiet --python "$folder/bin/python" --require-hashes -r tests/servers/telegram/requirements.txt
