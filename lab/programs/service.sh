#!/bin/bash
# As Debian's service(8), for the programs that the machine's boot script runs.
usage() {
  echo "Usage: service NAME start|stop|restart|status" >&2
  exit 2
}
[ $# -eq 2 ] || usage
name=$1 file=/run/programs/$1
[ -e "$file.pid" ] || { echo "$name: unrecognized service" >&2 && exit 1; }
# The boot script starts a program anew that ends while this mark is there.
again() {
  local tries
  touch "$file.restart"
  kill "$(< "$file.pid")" 2> /dev/null
  for ((tries = 0; tries < 200; tries++)); do
    [ -e "$file.restart" ] || return 0
    ((tries != 100)) || kill -9 "$(< "$file.pid")" 2> /dev/null
    sleep 0.05
  done
  echo "$name: did not start again" >&2
  exit 1
}
case $2 in
  start) [ ! -e "$file.stopped" ] || { rm "$file.stopped" && again; } ;;
  stop) [ -e "$file.stopped" ] || { touch "$file.stopped" && again; } ;;
  restart) rm -f "$file.stopped" && again ;;
  status)
    [ ! -e "$file.stopped" ] || { echo "$name is stopped" && exit 3; }
    echo "$name is running"
    ;;
  *) usage ;;
esac
