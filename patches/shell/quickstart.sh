#!/bin/sh
# oscreorder quick start: re-order a sound by likeness, from the shell.
#
# 1. In another terminal:  oscreorder serve --root examples/sounds
#    (or a folder of yours: then change violin.flac below)
# 2. Run this file, or copy its lines one by one.
set -eu
host=127.0.0.1
port=57140

# With oscreorder's own command: it gives the id, waits, prints every reply and ends with status 0 after a done.
ask() { oscreorder send --host "$host" --port "$port" "$@"; }

ask ping
ask load violin violin.flac
ask analyse violin win_length 2000 hop_length 400
ask render violin violin-shell.wav overwrite 1
ask load violin not-there.wav || echo "(that error was on purpose)"

# With liblo's oscsend and oscdump, as an example of any program that cannot receive where it sends:
# oscdump listens on a port of its own, and notify has the replies sent there.  The first argument is an id of
# your choice, any whole number; each reply carries it.  Work waits for the work before it, and sync is answered
# last: here it ends the listening.
command -v oscsend >/dev/null || { echo "oscsend and oscdump are not installed (Debian: liblo-tools)"; exit 0; }
replies=57141

oscdump -L "$replies" | sed '/"sync" 16/q' &
oscsend "$host" "$port" /oscreorder/notify iii 11 1 "$replies"
oscsend "$host" "$port" /oscreorder/load iss 12 violin violin.flac
oscsend "$host" "$port" /oscreorder/analyse issisi 13 violin win_length 2000 hop_length 400
oscsend "$host" "$port" /oscreorder/render isssi 14 violin violin-liblo.wav overwrite 1
oscsend "$host" "$port" /oscreorder/load iss 15 violin not-there.wav
oscsend "$host" "$port" /oscreorder/sync i 16
wait $!
oscsend "$host" "$port" /oscreorder/notify ii 17 0
