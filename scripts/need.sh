#!/usr/bin/env bash
# Makes sure that the named tools are on this machine, so that `make` works on a bare one.
# usage: scripts/need.sh TOOL...    TOOL: rust node gcc python postgres chromium shellcheck
# A missing tool is installed from Debian's packages, as root or through sudo, and the script says so. Where that cannot
# be done it says what to install. Rust and Node are never installed: a distribution's versions are usually too old.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
node_major_min=20
rust_min=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/../Cargo.toml")

have() { command -v "$1" >/dev/null 2>&1; }

# Is the second version the same as the first, or newer?
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# Is the tool here and does it work? Asking the tool is surer than asking the package manager.
works() {
  case $1 in
    rust) have cargo && at_least "$rust_min" "$(rustc --version 2>/dev/null | cut -d' ' -f2)" ;;
    node) have npm && node -e "process.exit(parseInt(process.versions.node) >= $node_major_min ? 0 : 1)" 2>/dev/null ;;
    gcc) have cc || have gcc || have clang ;;
    python) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    postgres) "$here/postgres-bin.sh" >/dev/null 2>&1 ;;
    chromium) have chromium || have chromium-browser || have google-chrome || have google-chrome-stable ;;
    shellcheck) have shellcheck ;;
    *) echo "need.sh: unknown tool '$1'" >&2; exit 2 ;;
  esac
}

package_of() {
  case $1 in
    gcc) echo gcc libc6-dev ;;
    python) echo python3 python3-venv ;;
    postgres) echo postgresql ;;
    chromium | shellcheck) echo "$1" ;;
    *) ;; # rust, node
  esac
}

# Without a terminal sudo must not wait for a password that nobody can type.
as_root=(sudo -n)
if [ -t 0 ]; then as_root=(sudo); fi
if [ "$(id -u)" = 0 ]; then as_root=(env); fi

install_package() {
  have apt-get || return 1
  have "${as_root[0]}" || return 1
  echo "need.sh: installing the Debian package(s) $*" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300) log
  log=$(mktemp)
  # The package lists of a fresh machine are empty or old: update them only when the first try fails.
  "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null ||
    { "${apt[@]}" update >>"$log" 2>&1 </dev/null &&
      "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; } ||
    { cat "$log" >&2; rm -f "$log"; return 1; }
  rm -f "$log"
}

for tool in "$@"; do
  if works "$tool"; then continue; fi
  package=$(package_of "$tool")
  # shellcheck disable=SC2086 # one word per package
  if [ -n "$package" ] && install_package $package && works "$tool"; then continue; fi
  case $tool in
    rust)
      found=$(rustc --version 2>/dev/null || true)
      echo "need.sh: Rust $rust_min or newer, with Cargo, is needed; found ${found:-none}." >&2 ;;
    node)
      found=$(node --version 2>/dev/null || true)
      echo "need.sh: Node.js $node_major_min or newer, with npm, is needed; found ${found:-none}." >&2 ;;
    postgres) echo "need.sh: a PostgreSQL server, 15 or newer, is needed, or TEST_POSTGRES_URL." >&2 ;;
    python) echo "need.sh: Python 3 with its venv module is needed (Debian: $package)." >&2 ;;
    gcc) echo "need.sh: a C compiler is needed (Debian: $package)." >&2 ;;
    *) echo "need.sh: $tool is needed (Debian: $package)." >&2 ;;
  esac
  exit 1
done
