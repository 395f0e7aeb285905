#!/bin/sh
# Creates a virtual environment with the locked packages:  requirements/make_venv.sh DIRECTORY LOCK_FILE PYTHON
#
# Needs uv, which is faster, or Python >= 3.10 with venv. Tries PYTHON first, then python3.13 to python3.10 on the path.
# An existing directory is replaced. The caller marks the environment as complete when this script has succeeded.
set -eu

directory=$1 lock=$2 preferred=$3
log=$(mktemp "${TMPDIR:-/tmp}/make_venv.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

# Runs a command whose output matters only if it fails.
quietly() {
    "$@" >"$log" 2>&1 && return
    tail -n 20 "$log" >&2
    echo "setup failed: $*" >&2
    exit 1
}

have_uv() { command -v uv >/dev/null 2>&1; }

# Prints the path of the first interpreter that runs and is new enough.
find_python() {
    for candidate in "$preferred" python3.13 python3.12 python3.11 python3.10; do
        "$candidate" -c 'import sys; sys.version_info >= (3, 10) or sys.exit(1); print(sys.executable)' 2>/dev/null && return
    done
    return 1
}

# First of all, because the directory may be on the path: its interpreter or uv must not be mistaken for the machine's.
rm -rf "$directory"

python=$(find_python) || python=
if have_uv; then
    tool=uv
elif [ -z "$python" ]; then
    echo "no Python >= 3.10 found (tried $preferred, python3.13 ... python3.10): install one, or uv, or use make PYTHON=/path/to/python3" >&2
    exit 1
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python has no venv: install it (on Debian and Ubuntu: apt install python3-venv), or install uv" >&2
    exit 1
else
    tool=pip
fi

echo "$directory: installing the packages of $lock with $tool (once)"
if [ "$tool" = uv ]; then
    quietly uv venv --quiet --no-project --python "${python:-3.13}" "$directory"
    quietly uv pip install --quiet --python "$directory/bin/python" --require-hashes --requirement "$lock"
else
    quietly "$python" -m venv "$directory"
    # Byte code is compiled on first use: compiling all of aws_cdk would take longer than everything else.
    quietly "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
        --require-hashes --requirement "$lock"
fi
