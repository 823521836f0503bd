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
# shellcheck disable=SC2086
exec sh scripts/debian.sh $missing
