#!/bin/sh
# Makes the roles, functions and extensions that every cluster has. Run at bootstrap and again at
# every promotion: all of it may be there already.
#   post_init.sh ROLE_OF_PEOPLE CONNECTION
# Only the roles must succeed; an extension that is not in the image is passed over.
set -eu

people=$1
connection=$2
sql=/usr/share/appliance/sql

export PGOPTIONS="${PGOPTIONS:-} -c synchronous_commit=local -c search_path=pg_catalog -c statement_timeout=0 -c client_min_messages=warning"
psql() { command psql --no-psqlrc --quiet --tuples-only --no-align --set people="$people" "$@"; }

databases=$(psql --file "$sql/cluster.sql" "$connection dbname=postgres")
printf '%s\n' "$databases" | while read -r database; do
    psql --file "$sql/every-database.sql" "$connection $database" < /dev/null || true
done
# What was begun in an empty folder is a database now: clear_unfinished.sh.
rm -f "$(psql --command 'show data_directory' "$connection dbname=postgres").unfinished"
