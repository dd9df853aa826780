#!/bin/sh
# Makes .venv hold huiyin with the extra named in $1 (embedded or test), at the versions of requirements.lock.
# A stamp remembers what was installed, so that a second start does no pip work. PYTHON names an interpreter to use.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
extra=$1
venv=.venv

say() { printf '%s\n' "$*" >&2; }

state() { { printf '%s\n' "$here"; cat pyproject.toml requirements.lock; } | cksum; }

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    no_venv=
    for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13; do
        recent "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
        no_venv=$candidate
    done
    if [ -n "$no_venv" ]; then
        version=$("$no_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "$no_venv is Python $version but lacks its venv module."
        say "On Debian or Ubuntu: apt-get install python$version-venv   (then run this again)"
    else
        say "Python 3.11 or newer is needed, and none was found as python3, python3.11, python3.12 or python3.13."
        say "Install one, or name it: make PYTHON=/path/to/python3.11 ..."
    fi
    return 1
}

stamp=$venv/.installed-$extra
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state)" ]; then
    exit 0
fi

# A virtual environment names its own path in every script: one that was moved, or left half made, is made anew.
if ! { recent $venv/bin/python && $venv/bin/python -m pip --version >/dev/null 2>&1 &&
    grep -qF "$here/$venv" $venv/bin/activate; }; then
    python=$(find_python)
    say "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear $venv
fi

say "Installing what huiyin[$extra] needs into $venv (once; a minute or two) ..."
rm -f "$stamp"
$venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
    --constraint requirements.lock --editable ".[$extra]"
state >"$stamp"
if [ "$extra" = test ]; then
    state >$venv/.installed-embedded # the extra "test" includes it
fi
