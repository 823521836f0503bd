#!/bin/sh
# Debian packages that the tests drive for real: a mail server, a database, an SMS gateway, a browser.
set -eu
missing=""
need() {
  for program in $2; do
    [ -x "$program" ] && return
  done
  missing="$missing $1"
}
need postfix "/usr/sbin/postfix"
need dovecot-imapd "/usr/lib/dovecot/imap"
need dovecot-lmtpd "/usr/lib/dovecot/lmtp"
need postgresql "/usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/15/bin/postgres"
need kannel "/usr/sbin/bearerbox"
need chromium "/usr/bin/chromium"
for found in /usr/lib/postgresql/*/bin/postgres; do
  [ -x "$found" ] && missing=$(echo "$missing" | sed 's/ postgresql//')
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Debian packages:$missing ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "The tests need these Debian packages; install them and try again:$missing" >&2
  exit 1
fi
