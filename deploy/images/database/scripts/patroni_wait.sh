#!/bin/sh
# Waits until this member has a role and then runs a command:
#   patroni_wait.sh [-r|--role ROLE] [-i|--interval SECONDS] [-t|--timeout SECONDS] [-- COMMAND ...]
set -u

role=primary interval=60 timeout=''
while [ $# -gt 0 ]; do
    case $1 in
        -r | --role) role=$2; shift 2 ;;
        -i | --interval) interval=$2; shift 2 ;;
        -t | --timeout) timeout=$2; shift 2 ;;
        --) shift; break ;;
        *) break ;;
    esac
done

deadline=
if [ -n "$timeout" ]; then deadline=$(($(date +%s) + timeout)); fi
until python3 -c "import urllib.request as r; r.urlopen('http://localhost:8008/$role', timeout=5)" 2> /dev/null; do
    if [ -n "$deadline" ] && [ "$(date +%s)" -ge "$deadline" ]; then
        echo "no $role within $timeout s" >&2
        exit 2
    fi
    sleep "$interval"
done
[ $# -eq 0 ] || exec "$@"
