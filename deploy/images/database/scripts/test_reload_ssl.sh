#!/bin/sh
# Lets PostgreSQL read its TLS files again when a mounted one has changed.
set -eu

state="${RW_DIR:-/run}/certs/mounted.sha256"
files="${SSL_CERTIFICATE_FILE:-} ${SSL_PRIVATE_KEY_FILE:-} ${SSL_CA_FILE:-} ${SSL_CRL_FILE:-}"
# shellcheck disable=SC2086  # a list of files
current=$(sha256sum $files)

if [ ! -e "$state" ]; then
    echo "$current" > "$state"
elif [ "$current" != "$(cat "$state")" ]; then
    pg_ctl reload --silent --pgdata "$PGDATA"
    echo "$current" > "$state"
fi
