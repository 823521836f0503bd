#!/bin/sh
# Make a real WordPress ready for `make test-real`: Debian's, unpacked into a folder, so that no web server comes with it.
# usage: wordpress.sh FOLDER
set -eu
folder=$1
if ! command -v php >/dev/null 2>&1 || ! php -r 'exit(extension_loaded("mysqli") ? 0 : 1);' || [ ! -x /usr/sbin/mariadbd ]; then
  sh scripts/debian.sh mariadb-server-core php-cli php-mysql
fi
rm -rf "$folder"
mkdir -p "$folder"
(cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root wordpress && dpkg-deb -x wordpress_*.deb .)
cp tests/servers/wordpress/wp-config.php "$folder/usr/share/wordpress/wp-config.php"
