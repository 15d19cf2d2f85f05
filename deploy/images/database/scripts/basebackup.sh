#!/bin/sh
# Copies the leader for a new replica. Called by Patroni with --datadir and --connstring, the
# password in PGPASSFILE, and with the settings of this method in postgres.yml.
set -u

retries=2
for argument in "$@"; do
    case $argument in
        --datadir=*) data=${argument#*=} ;;
        --connstring=*) source=${argument#*=} ;;
        --retries=*) retries=${argument#*=} ;;
        --bin_dir=*) PATH="${argument#*=}:$PATH" ;;
    esac
done

# While the copy is made, the leader makes the slot from which this member will stream.
host=$(printf '%s\n' "$source" | tr ' ' '\n' | sed -n "s/^host='\{0,1\}\([^',]*\).*/\1/p" | head -n 1)
[ -z "$host" ] || python3 -m appliance.wake "$host" &

: > "$data.unfinished" # clear_unfinished.sh
attempt=0
while [ "$attempt" -le "$retries" ]; do
    attempt=$((attempt + 1))
    find "$data" -mindepth 1 -delete
    # A spread checkpoint would let the replica wait for minutes before the first byte, and the
    # volume is synced as a whole, not file by file.
    if pg_basebackup --pgdata "$data" --dbname "$source" --no-password \
        --wal-method stream --checkpoint fast --no-sync && sync --file-system "$data"; then
        rm -f "$data.unfinished"
        exit 0
    fi
    echo "base backup failed, attempt $attempt of $((retries + 1))"
done
exit 1
