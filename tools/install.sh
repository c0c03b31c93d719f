#!/bin/sh
# Installs Bastide from the folder this file lies in, without a network:
#   ./install.sh FOLDER [COMMAND…]
# makes a virtual environment in FOLDER/venv, and runs `bastide COMMAND…` there, such as `init --name-zh …` or `upgrade`.
# PYTHON names another interpreter than python3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
if [ $# -lt 1 ]; then
    echo "usage: ./install.sh FOLDER [COMMAND…]" >&2
    exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
needed=$(cat "$here/PYTHON")
found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$needed" != "$found" ]; then
    echo "install: the wheels are for Python $needed, and $python is $found; set PYTHON, or make the bundle with $found" >&2
    exit 1
fi
(cd "$here" && sha256sum --check --quiet SHA256SUMS) || {
    echo "install: a file is not the one that was bundled; take another copy" >&2
    exit 1
}
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip --isolated install -q --disable-pip-version-check \
    --no-index --find-links "$here/wheels" --upgrade --force-reinstall bastide
echo "Installed: $folder/venv/bin/bastide. Set BASTIDE_HOME, then \`bastide init\` (new) or \`bastide upgrade\`."
if [ $# -gt 0 ]; then
    exec "$folder/venv/bin/bastide" "$@"
fi
