#!/bin/sh
# The programs that the tests drive: Pure Data, SuperCollider, liblo's oscsend and oscdump
set -eu
for program in pd sclang oscsend oscdump; do
    command -v "$program" >/dev/null || missing="${missing:-} $program"
done
[ -z "${missing:-}" ] && exit 0
packages="puredata-core supercollider-language liblo-tools"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "missing:$missing; on Debian: sudo apt install $packages" >&2
    exit 1
fi
