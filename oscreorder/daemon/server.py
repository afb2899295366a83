"""The daemon put together: its socket, its folders, its workers, its session, and the loop that serves them."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path

from oscreorder import __version__
from oscreorder.daemon.audio_out import AudioWish
from oscreorder.daemon.heap import give_back_large_blocks
from oscreorder.daemon.jobs import Workers
from oscreorder.daemon.log import hold_standard_streams, logging_apart
from oscreorder.daemon.loop import Server
from oscreorder.daemon.scratch import scratch_folder
from oscreorder.daemon.session import Session
from oscreorder.daemon.sockets import bound_socket
from oscreorder.daemon.worker import default_memory_mb, work
from oscreorder.errors import FileProblemError, ParameterError
from oscreorder.leftovers import sweep_parts
from oscreorder.limits import Limits
from oscreorder.parameters import Settings
from oscreorder.records import Folders, Outcome

MAX_WORKERS = 64


def serve(
    *,
    host: str,
    port: int,
    roots: Sequence[str],
    out: str,
    settings: Settings,
    workers: int = 0,
    scratch: Path | None = None,
    audio: AudioWish | None = None,
    limits: Limits | None = None,
    allowed: Sequence[str] = (),
    carry_out: Callable[..., Outcome] = work,
) -> int:
    """Run the daemon until it is told to quit, and return its exit status.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one, which the ready line tells.
    roots, out
        Folders that may be read, and the one that may be written.
    settings : Settings
        The session's parameters at the start.
    workers : int
        Number of worker processes; 0: the cores less one.
    scratch : Path
        Where the daemon's own folder is made; by default the user's cache.
    audio : AudioWish
        The device for streams that the daemon plays itself; by default the system's.
    limits : Limits
        What no message, file or job may exceed.
    allowed : sequence of str
        Networks beyond loopback whose hosts are heard, such as ``192.168.1.0/24``.
    carry_out : callable
        What a worker calls for each job: ``carry_out(command, folder=..., **arguments)``.

    Raises
    ------
    BusyError
        The port is taken.
    ParameterError
        It cannot be listened on, the number of workers is out of range, or a network is not one.
    FileProblemError
        A folder does not exist.
    """
    if not 0 <= workers <= MAX_WORKERS:
        raise ParameterError(f"workers: {workers} is not allowed; it takes 0 to {MAX_WORKERS}")
    networks = [_network(text) for text in allowed]
    folders = [_existing(folder) for folder in (*roots, out)]
    hold_standard_streams()
    give_back_large_blocks()
    limits = limits or Limits()
    limits = limits.changed({"memory_mb": limits.memory_mb or default_memory_mb()})
    with (
        logging_apart(),
        bound_socket(host, port) as bound,
        scratch_folder(os.getpid(), scratch) as own,
        Workers(
            workers,
            preload=[] if carry_out is not work else ["oscreorder.work:warm_up"],
            memory_mb=limits.memory_mb,
        ) as pool,
    ):
        threading.Thread(target=sweep_parts, args=(Path(folders[-1]),), name="oscreorder-sweep", daemon=True).start()
        session = Session(
            settings=settings,
            folders=Folders(tuple(folders[:-1]), folders[-1], str(own)),
            version=__version__,
            port=bound.getsockname()[1],
            slots=pool.count,
            now=time.monotonic(),
            limits=limits,
            allowed=networks,
        )
        server = Server(session, pool, carry_out, audio or AudioWish(n_voices=limits.voices), limits)
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # on Windows too: it reads as we like
            runner.run(server.run(bound))
    return 0


def _network(text: str) -> str:
    """Return a network in full; a host stands for itself."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise ParameterError(f'allow: "{text}" is not a network such as 192.168.1.0/24: {error}') from error


def _existing(folder: str) -> str:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise FileProblemError(f"{folder}: there is no such folder; make it, or name another by --root or --out")
    return str(path.resolve())
