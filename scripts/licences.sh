#!/usr/bin/env bash
# Checks every crate that the project pulls in: its licence, its source, bans, and known vulnerabilities. The rules
# are in deny.toml. The first run builds cargo-deny into target/tools, which takes a minute or two.
# usage: scripts/licences.sh
# The list of known vulnerabilities is fetched anew each time. Where it cannot be fetched, the script says that
# vulnerabilities were NOT checked and goes on; a vulnerability that is found fails.
set -euo pipefail

version=0.20.2
cd "$(dirname "$0")/.."
tools=$PWD/target/tools
log=$(mktemp)
graph=$(mktemp)
trap 'rm -f "$log" "$graph"' EXIT
deny=("$tools/bin/cargo-deny" --metadata-path "$graph")

# Runs a command silently, and shows what it said only when it fails.
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }; }
fail() { echo "licences.sh: $*" >&2; exit 1; }

if [ "$("${deny[0]}" --version 2>/dev/null)" != "cargo-deny $version" ]; then
  echo "licences.sh: building cargo-deny $version, once" >&2
  # A debug build: it checks in two seconds either way, and takes half as long to compile.
  quietly cargo install cargo-deny --version "$version" --locked --debug --force --root "$tools" --no-track ||
    fail "could not build cargo-deny"
fi

# cargo-deny stumbles over a crate that names itself among its dependencies under another name, as a crate does to
# switch on what only its tests may use. Such an edge leads nowhere new, so it is taken out.
cargo metadata --locked --all-features --format-version 1 2>"$log" | node -e '
  const graph = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  for (const crate of graph.resolve.nodes) crate.deps = crate.deps.filter((dependency) => dependency.pkg !== crate.id);
  console.log(JSON.stringify(graph));' >"$graph" 2>/dev/null ||
  { cat "$log" >&2; fail "could not read the dependencies: does Cargo.lock fit Cargo.toml?"; }

check=(check --hide-inclusion-graph licenses bans sources)
if ! "${deny[@]}" "${check[@]}" >"$log" 2>&1; then
  "${deny[@]}" --log-level error "${check[@]}" >&2 || true # the same again, without the warnings
  fail "a dependency breaks a rule of deny.toml"
fi
duplicates=$(grep -c '^warning\[duplicate\]' "$log" || true)
echo "licences.sh: licences, bans and sources are in order ($duplicates crates come in more than one version)"

if "${deny[0]}" fetch db >"$log" 2>&1; then
  quietly "${deny[@]}" --offline check advisories || fail "a dependency has a known vulnerability, or was withdrawn"
  echo "licences.sh: no known vulnerability"
else
  reason=$(grep -m1 '^fatal' "$log" || grep -m1 -i 'error' "$log" || echo 'no list to check against')
  echo "licences.sh: WARNING: known vulnerabilities were NOT checked: $reason" >&2
fi
