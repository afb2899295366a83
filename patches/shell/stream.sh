#!/bin/sh
# oscreorder from the shell: neighbours, and streams of grains.
#
# 1. In another terminal:  oscreorder serve --root examples/sounds
#    (or a folder of yours: then change violin.flac below)
# 2. Run this file, or copy its lines one by one.
set -eu
host=127.0.0.1
port=57140

ask() { oscreorder send --host "$host" --port "$port" "$@"; }

# Neighbours: of a grain, or of a point of the map (x and y from 0 to 1); nearest first, one message each.
ask load violin violin.flac
ask neighbours violin grain 20 k 5
ask neighbours violin point 0.2 0.7 k 5

# A stream that the daemon sounds itself (play 1; tell 0: without telling each grain). Its number is the last word of
# the answer; every target is a message. It needs an audio device: oscreorder doctor tells which there are.
if started=$(ask stream/start violin play 1 tell 0 rate 20 k 4 choose urn); then
    stream=${started##* }
    for x in 0.1 0.3 0.5 0.7 0.9; do
        ask stream/target "$stream" point "$x" 0.5
        sleep 1
    done
    ask stream/stop "$stream"
else
    echo "$started"
    echo "(no sound without an audio device; the next stream needs none)"
fi

# A stream whose grains are told to another program, here oscdump: stream, t_ms, lead_ms, sound, start, dur_ms, gain,
# pan, distance. With tags 0 they come as plain messages; count ends it by itself, and a notice tells so. What hears
# and what sends must be the same client for the daemon, so all of it goes by oscsend, to the port of notify.
command -v oscsend >/dev/null || { echo "oscsend and oscdump are not installed (Debian: liblo-tools)"; exit 0; }
replies=57141

oscdump -L "$replies" | sed '/notice.*"stream\/start" 22/q' &
oscsend "$host" "$port" /oscreorder/notify iii 21 1 "$replies"
oscsend "$host" "$port" /oscreorder/stream/start issisisi 22 violin tags 0 rate 20 count 20
oscsend "$host" "$port" /oscreorder/stream/target isi 22 grain 20
wait $!
oscsend "$host" "$port" /oscreorder/notify ii 23 0
