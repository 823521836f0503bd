#!/bin/sh
# Install Debian packages where that is possible, one call after the other; else say which are missing.
# usage: debian.sh PACKAGE...
set -eu
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Debian packages: $* ..."
  export DEBIAN_FRONTEND=noninteractive
  exec flock "$0" sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null' install "$@"
fi
echo "The tests need these Debian packages; install them and try again: $*" >&2
exit 1
