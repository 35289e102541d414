#!/usr/bin/env bash
# Prints the folder with the newest PostgreSQL server programs of this machine, 15 or newer; fails when there is none.
# Debian keeps them out of PATH, one folder per version, so PATH alone would miss them.
set -eu

newest=0
found=
for candidate in \
  "$(dirname "$(readlink -f "$(command -v postgres || true)" || true)")" \
  "$(pg_config --bindir 2>/dev/null || true)" \
  /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
  if ! [ -x "$candidate/postgres" ] || ! [ -x "$candidate/initdb" ]; then continue; fi
  major=$("$candidate/postgres" --version | sed -n 's/^postgres (PostgreSQL) \([0-9][0-9]*\).*/\1/p')
  if [ "${major:-0}" -ge 15 ] && [ "$major" -gt "$newest" ]; then
    newest=$major
    found=$candidate
  fi
done
[ -n "$found" ] || { echo "postgres-bin.sh: no PostgreSQL server 15 or newer found" >&2; exit 1; }
echo "$found"
