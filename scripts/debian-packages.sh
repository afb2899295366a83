#!/bin/sh
# The programs that the tests drive: Pure Data, SuperCollider, liblo's oscsend and oscdump, JACK without hardware
set -eu
for program in pd sclang oscsend oscdump jackd; do
    command -v "$program" >/dev/null || missing="${missing:-} $program"
done
/sbin/ldconfig -p | grep -q libportaudio.so.2 || missing="${missing:-} libportaudio2"
[ -z "${missing:-}" ] && exit 0
packages="puredata-core supercollider-language liblo-tools jackd2 libportaudio2"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "missing:$missing; on Debian: sudo apt install $packages" >&2
    exit 1
fi
