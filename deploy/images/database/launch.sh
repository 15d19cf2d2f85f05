#!/bin/sh
# Prepares the container, runs its services, and stops them in order. The child of PID 1, which
# reaps orphans and passes signals on.
set -eu

: "${RW_DIR:=/run}"
services="$RW_DIR/service"

[ "${1:-init}" = init ] || exec "$@"

# Patroni first: it hands the leader's lock over and stops PostgreSQL. What else there is may end
# with the container.
stop() {
    trap '' TERM INT QUIT
    : > "$RW_DIR/stopping"
    sv -w 86400 stop "$services/patroni" || true
    exit 0
}

python3 -m appliance.start || exit 1
trap stop TERM INT QUIT
# A shell has what it starts with `&` ignore SIGINT, and so would PostgreSQL in the moment before
# it minds signals itself: asked to stop just then, it would go on, and Patroni wait for ever.
env --default-signal=INT,QUIT runsvdir -P "$services" &
wait $!
