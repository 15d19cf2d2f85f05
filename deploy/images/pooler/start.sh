#!/bin/sh
# Writes PgBouncer's configuration from the operator's environment and becomes PgBouncer.
set -eu

folder=/etc/pgbouncer
tls=/etc/ssl/pgbouncer
users=$folder/userlist.txt

certificate=${CONNECTION_POOLER_CLIENT_TLS_CRT:-$tls/server.crt}
key=${CONNECTION_POOLER_CLIENT_TLS_KEY:-$tls/server.key}
if [ -z "${CONNECTION_POOLER_CLIENT_TLS_CRT:-}" ] && [ ! -e "$key" ]; then
    (umask 077 && openssl req -x509 -nodes -days 3650 -subj /CN=pgbouncer \
        -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout "$key" -out "$certificate" 2> /dev/null)
fi

# The operator mounts this file; without it the pooler still knows its own user.
if [ ! -e "$users" ]; then
    (umask 077 && printf '"%s" "%s"\n' "$PGUSER" "${PGPASSWORD:-}" > "$users")
fi

cat > "$folder/pgbouncer.ini" <<INI
[databases]
* = host=$PGHOST port=${PGPORT:-5432} auth_user=$PGUSER

[pgbouncer]
listen_addr = *
listen_port = ${CONNECTION_POOLER_PORT:-5432}
unix_socket_dir =

auth_type = md5
auth_file = $users
auth_dbname = postgres
auth_query = SELECT * FROM ${PGSCHEMA:-pooler}.user_lookup(\$1)
admin_users = $PGUSER
${INFRASTRUCTURE_ROLES:+stats_users = $INFRASTRUCTURE_ROLES}

client_tls_sslmode = require
client_tls_cert_file = $certificate
client_tls_key_file = $key
${CONNECTION_POOLER_CLIENT_CA_FILE:+client_tls_ca_file = $CONNECTION_POOLER_CLIENT_CA_FILE}
server_tls_sslmode = require

pool_mode = ${CONNECTION_POOLER_MODE:-transaction}
default_pool_size = ${CONNECTION_POOLER_DEFAULT_SIZE:-20}
reserve_pool_size = ${CONNECTION_POOLER_RESERVE_SIZE:-0}
max_client_conn = ${CONNECTION_POOLER_MAX_CLIENT_CONN:-10000}
max_db_connections = ${CONNECTION_POOLER_MAX_DB_CONN:-0}
max_prepared_statements = 200

# A server that has just become the primary is found within seconds.
server_login_retry = 5
idle_transaction_timeout = 600
ignore_startup_parameters = extra_float_digits,options
INI

exec pgbouncer "$folder/pgbouncer.ini"
