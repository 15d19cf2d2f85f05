#!/bin/sh
# Writes PgBouncer's configuration from the operator's environment and runs PgBouncer: lets it read
# mounted files again that have changed, and ends it without breaking off a transaction.
set -eu
umask 077

# In memory, so that the root file system may be read-only.
: "${RW_DIR:=/dev/shm/pgbouncer}" "${CHECK_SECONDS:=10}" "${DRAIN_SECONDS:=5}"
mkdir -p "$RW_DIR"
users=${USERS_FILE:-/etc/pgbouncer/userlist.txt}
certificate=${CONNECTION_POOLER_CLIENT_TLS_CRT:-$RW_DIR/server.crt}
key=${CONNECTION_POOLER_CLIENT_TLS_KEY:-$RW_DIR/server.key}

if [ -z "${CONNECTION_POOLER_CLIENT_TLS_CRT:-}" ] && [ ! -s "$certificate" ]; then
    openssl req -x509 -nodes -days 3650 -subj /CN=pgbouncer -newkey ec \
        -pkeyopt ec_paramgen_curve:prime256v1 -keyout "$key" -out "$certificate" 2> /dev/null
fi

# The operator mounts this file; without it the pooler still knows its own user.
quoted() { printf '"%s"' "$(printf %s "$1" | sed 's/"/""/g')"; }
if [ ! -e "$users" ]; then
    users=$RW_DIR/userlist.txt
    printf '%s %s\n' "$(quoted "$PGUSER")" "$(quoted "${PGPASSWORD:-}")" > "$users"
fi

# PgBouncer takes 0 for "no limit", the operator's division means "hardly any".
positive() { [ "$1" -gt 0 ] && echo "$1" || echo 1; }

cat > "$RW_DIR/pgbouncer.ini" << INI
[databases]
* = host=$PGHOST port=${PGPORT:-5432}

[pgbouncer]
listen_addr = *
listen_port = ${CONNECTION_POOLER_PORT:-5432}
unix_socket_dir =

# Also for roles with a SCRAM verifier: the kind of exchange follows from what is stored.
auth_type = md5
auth_file = $users
auth_user = $PGUSER
auth_dbname = postgres
auth_query = SELECT uname, phash FROM $(quoted "${PGSCHEMA:-pooler}").user_lookup(\$1)
admin_users = $PGUSER
${INFRASTRUCTURE_ROLES:+stats_users = $INFRASTRUCTURE_ROLES}

client_tls_sslmode = require
client_tls_cert_file = $certificate
client_tls_key_file = $key
${CONNECTION_POOLER_CLIENT_CA_FILE:+client_tls_ca_file = $CONNECTION_POOLER_CLIENT_CA_FILE}
server_tls_sslmode = require

pool_mode = ${CONNECTION_POOLER_MODE:-transaction}
default_pool_size = $(positive "${CONNECTION_POOLER_DEFAULT_SIZE:-20}")
reserve_pool_size = ${CONNECTION_POOLER_RESERVE_SIZE:-0}
max_client_conn = ${CONNECTION_POOLER_MAX_CLIENT_CONN:-10000}
max_db_connections = $(positive "${CONNECTION_POOLER_MAX_DB_CONN:-60}")
max_prepared_statements = 200
ignore_startup_parameters = extra_float_digits,options
idle_transaction_timeout = 600

# Clients wait for a new primary no longer than it needs, and a server that vanished without a
# word is given up before Patroni has chosen another.
server_login_retry = 1
server_connect_timeout = 5
tcp_keepidle = 10
tcp_keepintvl = 5
tcp_keepcnt = 3
tcp_user_timeout = 25000
INI

# Taken before PgBouncer reads them, so that no change slips through. One that is missing or may not
# be read is named, and ends the container.
sums() { sha256sum "$certificate" "$key" "$users" ${CONNECTION_POOLER_CLIENT_CA_FILE:-}; }
read=$(sums)

# A client and its server take a descriptor each; container runtimes start with 1024.
ulimit -n "$(ulimit -H -n)"

pgbouncer "$RW_DIR/pgbouncer.ini" &
pooler=$!

# Until the service has let go of this pod new connections come, and all are served for a moment
# in which short ones end by themselves. Then transactions may end, or sessions where whole ones
# are pooled, as far as the pod's grace period allows.
stop() {
    trap '' TERM INT
    sleep "$DRAIN_SECONDS"
    kill -INT "$pooler" || true
}
trap stop TERM INT

renew() {
    while sleep "$CHECK_SECONDS"; do
        # Not while a file is missing; PgBouncer keeps what it has should a new one be no good.
        found=$(sums) && [ "$found" != "$read" ] || continue
        kill -HUP "$pooler"
        read=$found
    done
}
renew &
renewing=$!

# A trapped signal ends `wait` before PgBouncer has ended.
code=0
while kill -0 "$pooler" 2> /dev/null; do
    code=0
    wait "$pooler" || code=$?
done
kill "$renewing" || true
exit "$code"
