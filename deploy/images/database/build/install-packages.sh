#!/bin/sh
# Installs PostgreSQL 15, 17 and 18 side by side from three Debian releases, and takes out again
# what a container has no use for. One step, so that what is removed is in no layer.
set -eu

here=$(dirname "$0")
sources=/etc/apt/sources.list.d
own=trixie

# The other releases come from wherever this build fetches its own.
sed "s/$own/bookworm/g" "$sources/debian.sources" > "$sources/bookworm.sources"
awk -v RS= 'NR == 1' "$sources/debian.sources" | sed 's/^Suites:.*/Suites: forky/' \
    > "$sources/forky.sources"
# 18 needs the newer libc; all else stays with the image's release.
cat > /etc/apt/preferences.d/majors <<PREFERENCES
Package: *
Pin: release n=$own*
Pin-Priority: 900

Package: *
Pin: release n=bookworm*
Pin-Priority: 400

Package: *
Pin: release n=forky
Pin-Priority: 300

Package: libc6 libc-bin libc-l10n libc-gconv-modules-extra locales locales-all libpq5 postgresql-common postgresql-client-common postgresql-18* postgresql-*-18
Pin: release n=forky
Pin-Priority: 990
PREFERENCES

mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf

packages=$(sed -e 's/#.*//' "$here/packages.txt" | awk '
    NF == 1 { print $1; next }
    { for (i = 1; i < NF; i++) { name = $NF; sub(/@/, $i, name); print name } }')

export DEBIAN_FRONTEND=noninteractive
apt-get update
# shellcheck disable=SC2086  # a list of words
apt-get install --yes --no-install-recommends $packages ${EXTRA_PACKAGES:-}

# Databases keep the locale they were made with, so all in UTF-8 must be there: as one archive,
# put together from the package that has them compiled.
(
    work=$(mktemp -d)
    cd "$work"
    apt-get download locales-all
    dpkg-deb --fsys-tarfile locales-all_*.deb | tar --extract --wildcards './usr/lib/locale/*'
    cd usr/lib/locale
    localedef --add-to-archive ./*.utf8 > /dev/null
    rm -rf "$work"
)
rm -rf /usr/share/i18n

# Just-in-time compilation would cost 300 MB of LLVM and is switched off without it.
rm -f /usr/lib/*/libLLVM*.so* /usr/lib/postgresql/*/lib/llvmjit.so
rm -rf /usr/lib/postgresql/*/lib/bitcode /usr/lib/postgresql/*/lib/pgxs /usr/lib/llvm-*
rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/lintian /usr/share/postgresql/*/man
rm -rf /usr/lib/python3.1[0-9]/test /usr/lib/python3.1[0-9]/idlelib /usr/lib/python3.1[0-9]/lib2to3

rm -f "$sources/bookworm.sources" "$sources/forky.sources" /etc/apt/preferences.d/majors
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*
find /usr/lib/python3.11 /usr/lib/python3.14 -name __pycache__ -prune -exec rm -rf {} +
