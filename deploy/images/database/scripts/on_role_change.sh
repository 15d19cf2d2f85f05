#!/bin/sh
# Patroni's callback:
#   on_role_change.sh ROLE_OF_PEOPLE CONNECTION [SCRIPT] on_role_change ROLE SCOPE
# A new primary gets what a newer image may bring, and fresh statistics.
set -u

people=$1 connection=$2
shift 2
if [ $# -gt 3 ]; then
    "$@"
    shift
fi

case $2 in
    master | primary)
        # Patroni calls before the promotion has ended.
        tries=300
        until [ "$(psql --no-psqlrc -Atc 'select pg_is_in_recovery()' "$connection dbname=postgres")" = f ]; do
            tries=$((tries - 1))
            [ "$tries" -gt 0 ] || exit 1
            sleep 0.2
        done
        /scripts/post_init.sh "$people" "$connection"
        exec vacuumdb --all --analyze-only --quiet --maintenance-db "$connection dbname=postgres"
        ;;
esac
