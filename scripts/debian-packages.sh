#!/bin/sh
# The programs that the tests drive: Pure Data, SuperCollider, Csound, ChucK, liblo's oscsend and oscdump, JACK without
# hardware, a clock that can be stepped, hosts of our own (network namespaces)
set -eu
for program in pd sclang scsynth csound chuck oscsend oscdump jackd faketime ip; do
    command -v "$program" >/dev/null || missing="${missing:-} $program"
done
/sbin/ldconfig -p | grep -q libportaudio.so.2 || missing="${missing:-} libportaudio2"
[ -z "${missing:-}" ] && exit 0
packages="puredata-core supercollider-language supercollider-server csound chuck liblo-tools jackd2 libportaudio2 \
    faketime iproute2"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "missing:$missing; on Debian: sudo apt install $packages" >&2
    exit 1
fi
