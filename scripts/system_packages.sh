#!/bin/sh
# Makes sure of the system packages the tests use: a browser, Chinese fonts for it, a library of mongod's, and antiword.
# Installs what is missing when it may (root on Debian or Ubuntu), else prints the command and carries on.
set -eu

missing=
need() { missing="$missing $1"; }

command -v chromium >/dev/null 2>&1 || need chromium
ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || need fonts-noto-cjk
PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q 'libcurl\.so\.4 ' || need libcurl4
command -v antiword >/dev/null 2>&1 || need antiword # old Word files; 0.6 MB

# Not installed by itself (300 MB): the tests that turn documents into docx, doc and pdf are skipped without it.
if ! command -v soffice >/dev/null 2>&1; then
    printf 'Tests with LibreOffice will be skipped. To run them: apt-get install --no-install-recommends libreoffice-writer-nogui\n' >&2
fi

[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing system packages for the tests:%s ...\n' "$missing" >&2
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of package names
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
    printf 'That did not work; tests that need them will be skipped or fail.\n' >&2
else
    printf 'The tests can use system packages that are not installed. On Debian or Ubuntu:\n' >&2
    printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends%s\n' "$missing" >&2
fi
