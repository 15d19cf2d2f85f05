#!/bin/sh
# Lets PostgreSQL, and Patroni for its REST API, read TLS files again when a mounted one has
# changed. The first call, before they run, only takes note of what is there.
set -eu

state="${RW_DIR:-/run}/certs/mounted.sha256"
files="${SSL_CERTIFICATE_FILE:-} ${SSL_PRIVATE_KEY_FILE:-} ${SSL_CA_FILE:-} ${SSL_CRL_FILE:-}"
api="${SSL_RESTAPI_CERTIFICATE_FILE:-} ${SSL_RESTAPI_PRIVATE_KEY_FILE:-} ${SSL_RESTAPI_CA_FILE:-}"
# shellcheck disable=SC2086  # lists of files
current=$(sha256sum $files $api)

if [ -e "$state" ]; then
    [ "$current" != "$(cat "$state")" ] || exit 0
    pg_ctl reload --silent --pgdata "$PGDATA"
    pkill -HUP -x patroni
fi
echo "$current" > "$state"
