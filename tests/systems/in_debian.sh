#!/usr/bin/env bash
# Run smoke.py, then the tests, on a Python of a Debian release, in a root of that release:
#
#     tests/systems/in_debian.sh SUITE PYTHON [ARGUMENTS OF PYTEST]
#     tests/systems/in_debian.sh sid python3.15 tests/audio
#
# SUITE is trixie, sid ..., PYTHON a package of it. Needs root and Debian's mmdebstrap. The root is kept in
# DEBIAN_ROOTS (default: /var/tmp/paraformer-nb-roots), so a second run only copies the sources.
set -euo pipefail
suite=$1 python=$2
shift 2
roots=${DEBIAN_ROOTS:-/var/tmp/paraformer-nb-roots}
root=$roots/$suite
project=$(cd "$(dirname "$0")/../.." && pwd)
packages=ca-certificates,fonts-noto-cjk,fontconfig,procps,python3,python3-venv

if ! [ -e "$root/complete" ]; then
    mkdir -p "$roots"
    # A mirror's copy of the lists may be older than they are valid for; their signatures are still checked.
    mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' --include="$packages" "$suite" "$root"
    touch "$root/complete"
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
if [ -n "${PIP_CERT:-}" ]; then cp "$PIP_CERT" "$root/etc/ssl/certs/ca-certificates.crt"; fi

# Only this namespace sees the mounts, so none is left when the script ends.
exec unshare --mount --pid --fork -- bash -euo pipefail -s "$root" "$project" "$python" "$@" <<'INSIDE'
root=$1 project=$2 python=$3
shift 3
for folder in dev dev/shm dev/pts; do mount --bind "/$folder" "$root/$folder"; done
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp"
rm -rf "$root/src"
mkdir "$root/src"
git -C "$project" ls-files --cached --others --exclude-standard -z |
    (cd "$project" && tar --create --null --files-from=- --ignore-failed-read) | tar --extract --directory="$root/src"
run() { chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
if ! [ -x "$root/usr/bin/$python" ] || ! [ -d "$root/usr/lib/$python/ensurepip" ]; then
    run apt-get -qq update
    run apt-get -qq install --no-install-recommends "$python" "$python-venv" >/dev/null
fi
[ -d "$root/venv/$python" ] || run "$python" -m venv "/venv/$python"
run "/venv/$python/bin/pip" install --quiet --disable-pip-version-check --editable '/src[lab,test]'
run "/venv/$python/bin/python" -VV
run "/venv/$python/bin/pip" list --disable-pip-version-check 2>/dev/null | grep -iE 'paraformer|pocketsphinx|^(av|numpy|pandas|websockets|msgspec|onnxruntime|ipykernel) '
run "/venv/$python/bin/python" -W error /src/tests/systems/smoke.py
run sh -c 'cd /src && exec "$@"' sh "/venv/$python/bin/python" -m pytest -q "$@"
INSIDE
