#!/bin/sh
# Patroni's pg_isready. Patroni asks once a second; a server that is just coming up answers within
# a fraction of one, so the question waits for it a little.
tries=8
until pg_isready --quiet "$@"; do
    status=$?
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit "$status"
    sleep 0.1
done
