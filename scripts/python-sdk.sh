#!/usr/bin/env bash
# Prepares the provider's official Python SDK, against which the tests check our client and our sandbox, and prints the
# path of a Python interpreter that can import it. The second run finds everything in place and only prints.
# usage: AUTOLYNX_SDK_PYTHON=$(scripts/python-sdk.sh)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
requirements=$here/python-sdk.txt
venv=$(dirname "$here")/target/sdk-venv
python=$venv/bin/python
stamp=$venv/requirements.installed

# A system upgrade may have taken away the interpreter that the environment was made with, so ask it.
if cmp -s "$requirements" "$stamp" && "$python" -c 'import vapi' 2>/dev/null; then
  echo "$python"
  exit
fi

"$here/need.sh" python
mkdir -p "$(dirname "$venv")"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$venv"
if ! python3 -m venv "$venv" >"$log" 2>&1 ||
  ! "$python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >>"$log" 2>&1 ||
  ! "$python" -c 'import vapi' 2>>"$log"; then
  cat "$log" >&2
  echo "python-sdk.sh: could not install the SDK into $venv" >&2
  exit 1
fi
cp "$requirements" "$stamp"
echo "$python"
