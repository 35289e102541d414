#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL server, and leaves nothing behind.
# usage: scripts/with-postgres.sh COMMAND [ARGUMENT...]
# The command finds the server in TEST_POSTGRES_URL: a superuser, on the database `postgres`. If that variable is
# already set, that server is used and none is started. The exit code is the command's.
#   PG_FAST=1   gives up durability for speed (fsync off). For tests of behaviour, never for measurements.
# The server listens on the loopback address only and asks for no password: whoever may log in to this machine can use
# it while it runs. Any number of these scripts may run at once.
# shellcheck disable=SC2317,SC2329 # the traps call these functions
set -eu

say() { echo "with-postgres.sh: $*" >&2; }
[ $# -gt 0 ] || { say "give a command to run"; exit 2; }
[ -z "${TEST_POSTGRES_URL:-}" ] || exec "$@"

here=$(cd "$(dirname "$0")" && pwd)
"$here/need.sh" postgres
bin=$("$here/postgres-bin.sh")
fast=${PG_FAST:-0}
# A PGSSLMODE or PGOPTIONS of the person at the keyboard is meant for another server.
unset "${!PG@}"

# PostgreSQL refuses to run as root, so root lends it an account, which must be able to reach the folder.
as_owner=(env)
owner=$(id -u)
if [ "$(id -u)" = 0 ]; then
  owner=postgres
  id -u "$owner" >/dev/null 2>&1 || owner=nobody
  command -v setpriv >/dev/null || { say "setpriv (util-linux) is needed to start PostgreSQL as root"; exit 1; }
  as_owner=(setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups)
fi
folder=
for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
  folder=$(mktemp -d "$parent/autolynx-postgres.XXXXXX" 2>/dev/null) || continue
  chown "$owner" "$folder"
  if "${as_owner[@]}" test -w "$folder"; then break; fi
  rm -rf "$folder"
  folder=
done
[ -n "$folder" ] || { say "found no temporary folder that the account '$owner' can write to"; exit 1; }

server=
command=
signal_command() { [ -z "$command" ] || kill "-$1" -- "$command" 2>/dev/null || true; }

clean_up() {
  trap '' INT TERM HUP
  if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null || true # at once: nothing in it is wanted any more
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
# 128 + the number of the signal, as every shell reports it.
stop() {
  trap '' INT TERM HUP
  # A Ctrl-C at the terminal has reached the command as well; any other signal came to this script alone.
  signal_command TERM
  for _ in $(seq 100); do
    if [ -z "$command" ] || ! kill -0 -- "$command" 2>/dev/null; then break; fi
    sleep 0.1
  done
  signal_command KILL
  exit "$1"
}
trap clean_up EXIT
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

locale=C # sorts by byte either way; C.UTF-8, where it exists, also knows letters beyond ASCII
if locale -a 2>/dev/null | grep -qix 'c\.utf-\?8'; then locale=C.UTF-8; fi
# Inside the folder, because the caller's own folder may be closed to the owner.
(cd "$folder" && exec env LC_ALL=C "${as_owner[@]}" "$bin/initdb" --pgdata="$folder/data" --username=postgres \
  --auth=trust --encoding=UTF8 --locale="$locale" --no-sync --no-instructions) >"$folder/log" 2>&1 ||
  { cat "$folder/log" >&2; say "initdb failed"; exit 1; }

settings=(
  -c listen_addresses=127.0.0.1 -c unix_socket_directories=
  -c max_connections=300 -c timezone=UTC -c logging_collector=off
)
if [ "$fast" = 1 ]; then
  settings+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
fi
# The server goes into a session of its own, out of reach of a Ctrl-C that is meant for the command. Should this
# script be killed outright, the kernel tells the server to stop.
detach=(env LC_ALL=C)
if command -v setsid >/dev/null; then detach+=(setsid); fi
if setpriv --pdeathsig QUIT true 2>/dev/null; then
  if [ "${as_owner[0]}" = setpriv ]; then as_owner+=(--pdeathsig QUIT); else as_owner=(setpriv --pdeathsig QUIT); fi
fi

ready() { [ "$(sed -n 8p "$folder/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ]; }

# Only the server itself can tell whether a port is free, so let it try. The range lies below the ports that systems
# hand out to outgoing connections.
for _ in $(seq 20); do
  port=$((15000 + RANDOM % 15000))
  (cd "$folder" && exec "${detach[@]}" "${as_owner[@]}" \
    "$bin/postgres" -D "$folder/data" -p "$port" "${settings[@]}") >"$folder/log" 2>&1 </dev/null &
  server=$!
  until ready; do
    if ! kill -0 "$server" 2>/dev/null; then
      server=
      break
    fi
    sleep 0.05
  done
  [ -z "$server" ] || break
  grep -q 'Address already in use' "$folder/log" || break
done
[ -n "$server" ] || { cat "$folder/log" >&2; say "the server did not start"; exit 1; }

export TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"

# In the background, because bash acts on a signal only between foreground commands. Away from a terminal the command
# gets a process group of its own, so that a signal can be passed on to all that it started; at a terminal it stays in
# ours, where the keyboard reaches it.
if [ -t 0 ]; then
  (trap - INT QUIT TERM HUP EXIT; exec "$@") <&0 &
  command=$!
else
  set -m
  (trap - INT QUIT TERM HUP EXIT; exec "$@") <&0 &
  command=-$!
  set +m
fi
code=0
wait "${command#-}" || code=$?
kill -0 "$server" 2>/dev/null || { tail -n 20 "$folder/log" >&2; say "the server had died before the command ended"; }
exit "$code"
