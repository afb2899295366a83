"""An ear in a process of its own, in which nothing keeps JACK's thread from the interpreter.

    python jackear.py SERVER CLIENT SECONDS OUT.npz

records the first two outputs of a client; it says ``listening`` when it does and ``heard`` when OUT is written.
"""

import gc
import sys
import threading
import time

import jack  # type: ignore[import-untyped]
import numpy as np

SPARE = 2


def main(server: str, client: str, seconds: str, out: str) -> None:
    ear = jack.Client("ear", servername=server, no_start_server=True)
    n_blocks = SPARE * round(float(seconds) * ear.samplerate / ear.blocksize)
    frames = np.zeros((round(float(seconds) * ear.samplerate), 2), np.float32)
    clock = np.zeros((n_blocks, 2))  # the first frame of each block, and when it was heard
    breaks: list[int] = []
    state = {"began": -1, "blocks": 0}
    full = threading.Event()
    ports = [ear.inports.register(name) for name in ("left", "right")]

    @ear.set_process_callback  # type: ignore[untyped-decorator]
    def take(n: int) -> None:
        now = ear.last_frame_time
        if state["began"] < 0:
            state["began"] = now
        at, block = now - state["began"], state["blocks"]
        taken = min(n, len(frames) - at)
        if taken <= 0 or block == n_blocks:
            full.set()
            return
        clock[block] = at, time.time()
        state["blocks"] = block + 1
        for side, port in enumerate(ports):
            frames[at : at + taken, side] = port.get_array()[:taken]

    @ear.set_xrun_callback  # type: ignore[untyped-decorator]
    def late(_: float) -> None:
        breaks.append(ear.last_frame_time - state["began"])

    gc.disable()
    with ear:
        sources = ear.get_ports(f"^{client}[^:]*:", is_audio=True, is_output=True)
        for port, source in zip(ports, sources, strict=False):
            ear.connect(source, port)
        print("listening", flush=True)  # noqa: T201 - whoever started it waits for it
        full.wait(float(seconds) + 60)
    np.savez(out, frames=frames, clock=clock[: state["blocks"]], breaks=np.array(breaks, int))
    print("heard", flush=True)  # noqa: T201 - likewise


if __name__ == "__main__":
    main(*sys.argv[1:])
