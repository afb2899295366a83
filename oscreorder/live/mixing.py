"""The compiled half of the player: voices mixed into a block, without Python, allocation, locks or chance.

Everything lives in a `State` made beforehand.  One thread writes rows into its ring (`push`); one thread, the audio
thread or whoever pulls offline, calls `mix`.  A voice is a function of the frame alone, and voices are summed in the
order in which they began, so that the samples do not depend on how the time line is cut into blocks.

All of it stands in one file: numba's cache notices a change only in the file of the function that is called.
"""

import ctypes
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numba.core.types
import numpy as np
from numba.extending import intrinsic
from numba.np.numpy_support import carray, from_dtype
from numpy.typing import NDArray

from oscreorder.live.layout import EVENT, SOUND, STATUS, VOICE, State

NEVER = 1 << 62
ALL = -1
"""Stands for every stream, or every sound, in a `STOP`."""
STOP = -1
"""As an event's length: it is no grain but ends those of its `stream` and its `sound`, and those that wait."""
CHUNK = 256
"""Frames that are mixed at once; what is worked on stays in the processor's first cache."""

# sin(x * pi / 2) for x in 0 to 1, within 1e-6: the square of it is the raised cosine
_C1, _C3, _C5, _C7 = (np.float32(c) for c in (1.5707905, -0.645888, 0.07942256, -0.0043250961))
_HALF = np.float32(0.5)
_ONE = np.float32(1)
_ZERO = np.float32(0)

_ROW = 4 * CHUNK  # bytes of a row of `State.work`
_NOW, _READ, _WRITTEN = (np.int64(cast("Any", STATUS.fields)[name][1]) for name in ("now", "read", "written"))
_OUTPUT_UNDERFLOW = 4
_CONTINUE = 0

Samples = Any  # a pointer to float32
types: Any = numba.core.types
_Function = TypeVar("_Function", bound=Callable[..., Any])


def new_state(sr: int, *, n_voices: int, n_events: int, n_sounds: int, fade: int) -> State:
    """Return a state in which nothing sounds; its memory is touched, so that the audio thread meets no page fault."""
    state = State(
        ring=np.empty(n_events, EVENT),
        queue=np.empty(n_events, EVENT),
        rank=np.empty(n_events, np.int64),
        voices=np.empty(2 * n_voices, VOICE),
        sounds=np.empty(n_sounds, SOUND),
        ends=np.empty(CHUNK + 1, np.int64),
        work=np.empty((4, CHUNK), np.float32),
        status=np.empty(1, STATUS),
    )
    for array in state:
        array.fill(0)
    state.status["sr"], state.status["fade"] = sr, fade
    return state


def _compiled(function: _Function) -> _Function:
    # No fastmath: each sample is rounded the same way whether it is mixed alone, in a vector, live or offline.
    return cast("_Function", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def _intrinsic(function: Callable[..., Any]) -> Any:
    return intrinsic(function)


def _inttoptr(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))


@_intrinsic
def _at(_: Any, __: Any) -> Any:
    """Turn an address into a pointer: `carray` makes arrays of it."""
    return types.voidptr(types.int64), _inttoptr


@_intrinsic
def _samples_at(_: Any, __: Any) -> Any:
    """Turn an address into a pointer to samples: ``pointer[i]`` counts no references, as a slice of an array does."""
    return types.CPointer(types.float32)(types.int64), _inttoptr


# The two ends of the ring: rows are written before the count of rows is, and read after it.  x86 keeps that order by
# itself; ARM (Macs, Raspberry Pi) keeps it for a release store and an acquire load.
@_intrinsic
def _load_acquire(_: Any, __: Any) -> Any:
    """Read the int64 at an address."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], context.get_value_type(types.CPointer(types.int64)))
        return builder.load_atomic(pointer, ordering="acquire", align=8)

    return types.int64(types.intp), generate


@_intrinsic
def _store_release(_: Any, __: Any, ___: Any) -> Any:
    """Write an int64 to an address."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], context.get_value_type(types.CPointer(types.int64)))
        builder.store_atomic(arguments[1], pointer, ordering="release", align=8)
        return context.get_dummy_value()

    return types.void(types.intp, types.int64), generate


@_compiled
def now_frames(state: State) -> int:
    """Return the frames mixed so far; what was done until then is seen too."""
    now: int = _load_acquire(state.status.ctypes.data + _NOW)
    return now


@_compiled
def push(state: State, events: NDArray[Any], reserve: int) -> int:
    """Append `events` to the ring but for its last `reserve` rows; return how many there was room for."""
    ring, at = state.ring, state.status.ctypes.data
    written = state.status[0].written
    room = len(ring) - reserve - (written - _load_acquire(at + _READ))
    n: int = max(min(len(events), room), 0)
    for i in range(n):
        ring[(written + i) % len(ring)] = events[i]
    _store_release(at + _WRITTEN, written + n)
    return n


@_compiled
def mix(state: State, out: NDArray[np.float32]) -> None:
    """Mix the next ``len(out)`` frames into `out`, (n_frames, 2) float32; values that are not finite become 0."""
    _read_ring(state)
    done = 0
    while done < len(out):
        done += _mix_chunk(state, out[done : done + CHUNK])
    state.status[0].heartbeat += 1


@_compiled
def _read_ring(state: State) -> None:
    ring, status, at = state.ring, state.status[0], state.status.ctypes.data
    written = _load_acquire(at + _WRITTEN)
    for row in range(status.read, written):
        event = ring[row % len(ring)]
        if event.length == STOP:
            _stop(state, event.stream, event.sound)
        elif status.waiting == len(state.queue):
            status.dropped += 1
        else:
            _wait(state, event, row)
    _store_release(at + _READ, written)


@_compiled
def _stop(state: State, stream: int, sound: int) -> None:
    status, voices, queue = state.status[0], state.voices, state.queue
    for i in range(status.active):
        if voices[i].fade == NEVER and _is_meant(voices[i], stream, sound):
            voices[i].fade = status.now
    for i in range(status.waiting):
        if _is_meant(queue[i], stream, sound):
            queue[i].length = 0
    if sound != ALL:
        state.sounds[sound].silent_at = status.now + status.fade


@_compiled
def _is_meant(grain: Any, stream: int, sound: int) -> bool:
    return (stream == ALL or stream == grain.stream) and (sound == ALL or sound == grain.sound)  # noqa: PLR1714 - numba


@_compiled
def _wait(state: State, event: Any, rank: int) -> None:
    """Put an event into the queue; a late one is cut to what is left of it, behind a fresh attack."""
    status = state.status[0]
    late = status.now - event.start
    if late > 0:
        status.late += 1
        event.start += late
        event.position += late * state.sounds[event.sound].step
        event.length -= late
        event.attack = max(event.attack - late, status.fade)
        if event.length <= status.fade:
            status.dropped += 1
            return
    _insert(state, event, rank)


# In loops, arrays have names of their own: each ``state.queue`` counts a reference, which costs more than the mixing.
@_compiled
def _insert(state: State, event: Any, rank: int) -> None:
    queue, ranks = state.queue, state.rank
    at = state.status[0].waiting
    while at > 0 and queue[(at - 1) // 2].start > event.start:
        queue[at], ranks[at] = queue[(at - 1) // 2], ranks[(at - 1) // 2]
        at = (at - 1) // 2
    queue[at], ranks[at] = event, rank
    state.status[0].waiting += 1


@_compiled
def _remove_first(state: State) -> None:
    queue, ranks = state.queue, state.rank
    n = state.status[0].waiting - 1
    at, child = 0, 1
    while child < n:
        if child + 1 < n and _before(queue, ranks, child + 1, child):
            child += 1
        if not _before(queue, ranks, child, n):
            break
        queue[at], ranks[at] = queue[child], ranks[child]
        at, child = child, 2 * child + 1
    queue[at], ranks[at] = queue[n], ranks[n]
    state.status[0].waiting = n


@_compiled
def _before(queue: NDArray[Any], ranks: NDArray[np.int64], i: int, j: int) -> bool:
    first: bool = queue[i].start < queue[j].start or (queue[i].start == queue[j].start and ranks[i] < ranks[j])
    return first


@_compiled
def _mix_chunk(state: State, out: NDArray[np.float32]) -> int:
    """Mix the frames of `out`, or the first of them; return how many."""
    work, status = state.work, state.status[0]
    n = _begin_due(state, len(out))
    work[:2] = _ZERO
    status.active = _mix_voices(state.voices, status.active, state.sounds, work.ctypes.data, status.now, n, status.fade)
    for t in range(n):
        out[t, 0] = _finite(work[0, t])
        out[t, 1] = _finite(work[1, t])
    _store_release(state.status.ctypes.data + _NOW, status.now + n)
    return n


@_compiled
def _mix_voices(voices: NDArray[Any], active: int, sounds: NDArray[Any], work: int, now: int, n: int, fade: int) -> int:
    """Add the voices to `work`, an address, and take away those that end; return how many are left."""
    kept = 0
    for i in range(active):
        voice = voices[i]
        _add(work, voice, sounds[voice.sound], now, n, fade)
        if _end(voice, fade) > now + n:
            if kept < i:
                voices[kept] = voice
            kept += 1
    return kept


@_compiled
def _finite(x: np.float32) -> np.float32:
    return x if x - x == _ZERO else _ZERO


@_compiled
def _end(voice: Any, fade: int) -> int:
    """Return the first frame in which a voice is silent again."""
    end: int = min(voice.start + voice.length, voice.fade + fade)
    return end


@_compiled
def _begin_due(state: State, n: int) -> int:
    """Begin the voices of the next `n` frames; return how many of these frames they allow to be mixed."""
    voices, queue, ends, status = state.voices, state.queue, state.ends, state.status[0]
    sounding = _count_ends(voices, status.active, ends, status.now, n)
    passed = oldest = 0
    while status.waiting > 0 and queue[0].start < status.now + n:
        event = queue[0]
        offset: int = event.start - status.now
        if status.active == len(voices) and offset > 0:
            return offset  # the voices that end before it are taken away first
        while passed < offset:
            passed += 1
            sounding -= ends[passed]
        if _can_begin(state, event):
            if sounding >= len(voices) // 2:
                oldest = _steal(state, oldest, event.start, n)
                sounding -= 1
            _begin(voices[status.active], event, state.sounds[event.sound].channels)
            status.active += 1
            status.started += 1
            sounding += 1
            if offset + event.length <= n:
                ends[offset + event.length] += 1
        _remove_first(state)
    return n


@_compiled
def _count_ends(voices: NDArray[Any], active: int, ends: NDArray[np.int64], now: int, n: int) -> int:
    """Count the voices that sound and are not on their way out, and in `ends` how many of them end at each frame."""
    ends[: n + 1] = 0
    sounding = 0
    for i in range(active):
        if voices[i].fade == NEVER:
            sounding += 1
            if voices[i].start + voices[i].length <= now + n:
                ends[voices[i].start + voices[i].length - now] += 1
    return sounding


@_compiled
def _can_begin(state: State, event: Any) -> bool:
    if event.length == 0:
        return False
    if state.sounds[event.sound].silent_at != NEVER or state.status[0].active == len(state.voices):
        state.status[0].dropped += 1
        return False
    return True


@_compiled
def _steal(state: State, oldest: int, frame: int, n: int) -> int:
    """End the oldest voice that sounds at `frame`, which is not before voice `oldest`; return which it was."""
    voices, status = state.voices, state.status[0]
    while voices[oldest].fade != NEVER or voices[oldest].start + voices[oldest].length <= frame:
        oldest += 1
    voices[oldest].fade = frame
    end = voices[oldest].start + voices[oldest].length - status.now
    if end <= n:
        state.ends[end] -= 1
    status.stolen += 1
    return oldest


@_compiled
def _begin(voice: Any, event: Any, channels: int) -> None:
    voice.start, voice.length, voice.fade = event.start, event.length, NEVER
    voice.stream, voice.sound, voice.position = event.stream, event.sound, event.position
    voice.attack, voice.release = event.attack, event.release
    if voice.attack + voice.release > voice.length:
        voice.attack = voice.length * voice.attack // (voice.attack + voice.release)
        voice.release = voice.length - voice.attack
    angle = (event.pan + 1.0) * (np.pi / 4)
    voice.left = event.gain * np.cos(angle) * _side_gain((channels + 1) // 2, channels)
    voice.right = event.gain * np.sin(angle) * _side_gain(channels // 2, channels)


@_compiled
def _side_gain(on_this_side: int, channels: int) -> float:
    """Keep a stereo sound as it is in the middle, and the power of those of more channels."""
    return 1.0 if channels == 1 else np.sqrt(2.0 / on_this_side)


@_compiled
def _add(work: int, voice: Any, sound: Any, now: int, n: int, fade: int) -> None:
    """Add what a voice sounds like in the frames `now` to ``now + n`` to left and right, the first rows of `work`."""
    begin = max(voice.start - now, 0)
    count = min(_end(voice, fade) - now, n) - begin
    left, right = _samples_at(work + 4 * begin), _samples_at(work + _ROW + 4 * begin)
    envelope, samples = _samples_at(work + 2 * _ROW), _samples_at(work + 3 * _ROW)
    first = now + begin - voice.start
    _shape(envelope, count, voice, first)
    if voice.fade < now + begin + count:
        _fade_out(envelope, count, now + begin - voice.fade, fade)
    for channel in range(sound.channels):
        _read(samples, count, sound, channel, voice.position, first)
        for t in range(count):
            samples[t] *= envelope[t]
        if channel % 2 == 0:
            _accumulate(left, samples, count, voice.left)
        if channel % 2 == 1 or sound.channels == 1:
            _accumulate(right, samples, count, voice.right)


@_compiled
def _accumulate(side: Samples, samples: Samples, count: int, gain: np.float32) -> None:
    for t in range(count):
        side[t] += gain * samples[t]


@_compiled
def _rise(x: np.float32) -> np.float32:
    """Return the raised cosine that goes from 0 at 0 to 1 at 1."""
    square = x * x
    root = x * (_C1 + square * (_C3 + square * (_C5 + square * _C7)))
    return root * root


@_compiled
def _shape(envelope: Samples, count: int, voice: Any, first: int) -> None:
    """Write the envelope of a grain from its frame `first` on."""
    rising = min(max(voice.attack - first, 0), count)
    falling = min(max(voice.length - voice.release - first, 0), count)
    if rising > 0:
        per_frame = _ONE / np.float32(voice.attack)
        for t in range(rising):
            envelope[t] = _rise((np.float32(np.int32(first + t)) + _HALF) * per_frame)
    for t in range(rising, falling):
        envelope[t] = _ONE
    if falling < count:
        per_frame = _ONE / np.float32(voice.release)
        left_over = voice.length - first
        for t in range(falling, count):
            envelope[t] = _rise((np.float32(np.int32(left_over - t)) - _HALF) * per_frame)


@_compiled
def _fade_out(envelope: Samples, count: int, since: int, fade: int) -> None:
    """Scale an envelope, the first frame of which lies `since` frames after the early end began."""
    per_frame = _ONE / np.float32(fade)
    for t in range(max(-since, 0), count):
        envelope[t] *= _rise((np.float32(np.int32(fade - since - t)) - _HALF) * per_frame)


@_compiled
def _read(samples: Samples, count: int, sound: Any, channel: int, position: float, first: int) -> None:
    """Write the samples of one channel that a grain which begins at `position` has from its frame `first` on."""
    y = _samples_at(sound.address + 4 * channel * sound.channel_stride)
    whole = int(np.floor(position))
    if sound.step == 1.0 and whole == position:
        _copy(samples, count, y, sound.frame_stride, sound.length, whole + first)
    else:
        _resample(samples, count, y, sound, position, first)


@_compiled
def _copy(samples: Samples, count: int, y: Samples, stride: int, length: int, begin: int) -> None:
    before = min(max(-begin, 0), count)
    inside = min(max(length - begin, before), count)
    for t in range(before):
        samples[t] = _ZERO
    if stride == 1:
        for t in range(before, inside):
            samples[t] = y[begin + t]
    else:
        for t in range(before, inside):
            samples[t] = y[(begin + t) * stride]
    for t in range(inside, count):
        samples[t] = _ZERO


@_compiled
def _resample(samples: Samples, count: int, y: Samples, sound: Any, position: float, first: int) -> None:
    stride, length, step = sound.frame_stride, sound.length, sound.step
    lowest, highest = position + first * step, position + (first + count) * step
    if lowest >= 1 and highest < length - 3:
        for t in range(count):
            at = position + (first + t) * step
            i = int(at)
            y0, y1, y2, y3 = y[(i - 1) * stride], y[i * stride], y[(i + 1) * stride], y[(i + 2) * stride]
            samples[t] = _between(y0, y1, y2, y3, np.float32(at - i))
    else:
        for t in range(count):
            at = position + (first + t) * step
            i = int(np.floor(at))
            y0, y1 = _sample(y, stride, length, i - 1), _sample(y, stride, length, i)
            y2, y3 = _sample(y, stride, length, i + 1), _sample(y, stride, length, i + 2)
            samples[t] = _between(y0, y1, y2, y3, np.float32(at - i))


@_compiled
def _between(y0: np.float32, y1: np.float32, y2: np.float32, y3: np.float32, x: np.float32) -> np.float32:
    """Return the value at `x`, 0 to 1, between `y1` and `y2`: the cubic through all four (Catmull-Rom)."""
    slope, next_slope, rise = _HALF * (y2 - y0), _HALF * (y3 - y1), y2 - y1
    bend = slope + next_slope - rise - rise
    return y1 + x * (slope + x * (rise - slope - bend + x * bend))


@_compiled
def _sample(y: Samples, stride: int, length: int, i: int) -> np.float32:
    return y[i * stride] if 0 <= i < length else _ZERO


def addresses(state: State) -> NDArray[np.int64]:
    """Return the table that `callback` takes as its user data; `state` and the table must outlive the stream."""
    return np.array([(array.ctypes.data, len(array)) for array in state], np.int64)


@functools.cache
def callback() -> Any:
    """Compile `mix` as a callback of PortAudio; its ``address`` is a C function that never meets the interpreter.

    The first time on a machine this takes some seconds; later the machine code comes from the cache.
    """
    pointer, word = types.voidptr, from_dtype(np.dtype(ctypes.c_ulong))
    signature = types.int32(pointer, pointer, word, pointer, word, pointer)
    return numba.cfunc(signature, cache=True, error_model="numpy")(_callback)


def _callback(_: Any, out: Any, n_frames: Any, time_info: Any, flags: Any, user_data: Any) -> int:
    table = carray(user_data, (8, 2), np.int64)
    state = State(
        carray(_at(table[0, 0]), table[0, 1], EVENT),
        carray(_at(table[1, 0]), table[1, 1], EVENT),
        carray(_at(table[2, 0]), table[2, 1], np.int64),
        carray(_at(table[3, 0]), table[3, 1], VOICE),
        carray(_at(table[4, 0]), table[4, 1], SOUND),
        carray(_at(table[5, 0]), table[5, 1], np.int64),
        carray(_at(table[6, 0]), (table[6, 1], CHUNK), np.float32),
        carray(_at(table[7, 0]), table[7, 1], STATUS),
    )
    status = state.status[0]
    if flags & _OUTPUT_UNDERFLOW:
        status.underflows += 1
    heard_at = carray(time_info, 3, np.float64)[2]
    status.origin = heard_at - status.now / status.sr
    mix(state, carray(out, (n_frames, 2), np.float32))
    return _CONTINUE
