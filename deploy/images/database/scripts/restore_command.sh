#!/bin/sh
# restore_command: fetches one WAL segment ($1) to a file ($2) from the archive whose variables
# are in the current envdir. Fails when there is no archive, which ends recovery from it.
set -u

[ -n "${WALG_S3_PREFIX:-}${WALG_GS_PREFIX:-}${WALG_AZ_PREFIX:-}${WALG_SSH_PREFIX:-}" ] || exit 1
exec timeout "${WAL_RESTORE_TIMEOUT:-0}" wal-g wal-fetch "$1" "$2"
