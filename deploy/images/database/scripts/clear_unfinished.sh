#!/bin/sh
# Before Patroni starts: removes what it was filling when it was killed. A copy or an initdb that was
# cut short is no database; Patroni would leave it, and the member would stand still until somebody
# removes it.
#   clear_unfinished.sh DATA CONFIGURATION
# Only what was begun in an empty folder, as the mark beside it says, and from which PostgreSQL has
# never run: nothing in it was ever acknowledged to anybody.
set -u

data=$1
configuration=$2
mark=$data.unfinished

if [ -e "$data/postmaster.opts" ]; then
    rm -f "$mark"
    exit 0
fi
if [ -e "$mark" ]; then
    # Where only Patroni was killed, its children may still be writing.
    pkill -KILL -f '/scripts/basebackup\.sh'
    pkill -KILL -x 'pg_basebackup|initdb'
    if [ -n "$(ls -A "$data")" ]; then
        echo "removing a database that was never finished from $data"
        # A copy has this file from its first moment on; without it this member has initialised.
        [ -e "$data/backup_label" ] || until python3 -m appliance.uninitialise "$configuration"; do
            sleep 2
        done
    fi
    find "$data" -mindepth 1 -delete
fi
[ -n "$(ls -A "$data")" ] || : > "$mark"
