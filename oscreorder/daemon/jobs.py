"""Worker processes behind the `concurrent.futures.Executor` interface.

What the standard pool lacks: a running job can be cancelled (its process ends, its files go), it tells its progress,
and the death of one worker costs one job.  Each worker is a spawned process that carries out one job at a time
(`daemon.worker`), and a thread that looks after it.
"""

import functools
import logging
import os
import pickle
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscreorder.daemon.process import Overheard, WorkerProcess
from oscreorder.daemon.worker import Creates, Done, Failed, Progress, default_memory_mb, remove
from oscreorder.errors import WorkerDiedError

_log = logging.getLogger(__name__)


class JobFuture(Future[Any]):
    """The future of a job: it tells progress, and `cancel` ends the job even while it runs.

    After ``cancel()`` has returned True the future becomes cancelled as soon as the process is gone and the files
    that it announced are removed; until then it is not done.  (Within, the future stays pending until its end is
    known, since a running `Future` can no longer be cancelled.)
    """

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.RLock()
        self._process: WorkerProcess | None = None
        self._begun = False
        self._unwanted = False
        self._listeners: list[Callable[[float, str], None]] = []
        self._begin_listeners: list[Callable[[], None]] = []

    @property
    def pid(self) -> int | None:
        """The process that works on it; None before and after."""
        process = self._process
        return process.pid if process else None

    def running(self) -> bool:
        """Return whether a worker has it."""
        return self._begun and not self.done()

    def cancel(self) -> bool:
        """End the job; return False if it has come to its end already."""
        with self._guard:
            if not self._begun:
                return super().cancel()
            if self._process is not None:
                self._unwanted = True
                self._process.kill()
            return self._unwanted

    def add_progress_callback(self, listener: Callable[[float, str], None]) -> None:
        """Call ``listener(fraction, what)`` when the job tells how far it is; it is called in another thread."""
        self._listeners.append(listener)

    def add_begin_callback(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` when a process has begun with it, which may have had to get ready; in another thread."""
        self._begin_listeners.append(listener)

    def begin(self, process: WorkerProcess) -> bool:
        """Tell that `process` takes the job on; return False if it was cancelled before.  Only for `Workers`."""
        with self._guard:
            if self.cancelled():
                self.set_running_or_notify_cancel()
                return False
            self._begun = True
            self._process = process
            return True

    def goes_on(self, process: WorkerProcess) -> bool:
        """Tell that `process` takes on what another had not begun; return False if it is cancelled.  For `Workers`."""
        with self._guard:
            self._process = process
            return not self._unwanted

    def tell(self, fraction: float, what: str) -> None:
        """Pass progress on.  Only for `Workers`."""
        for listener in self._listeners:
            listener(fraction, what)

    def tell_begun(self) -> None:
        """Tell that the process has begun.  Only for `Workers`."""
        for listener in self._begin_listeners:
            listener()

    def close(self) -> bool:
        """Let go of the process, whose job has ended; return whether it was cancelled.  Only for `Workers`."""
        with self._guard:
            self._process = None
            return self._unwanted

    def finish(self, last: Done | Failed) -> None:
        """Come to the end.  Only for `Workers`, after `close`."""
        if self._unwanted:
            super().cancel()
        if not self.set_running_or_notify_cancel():
            return
        if isinstance(last, Failed):
            self.set_exception(last.error)
        else:
            self.set_result(last.result)


@dataclass(slots=True)
class _Job:
    """A call; `begun` once its process has said a word about it."""

    call: bytes
    future: JobFuture
    begun: bool = False


class Workers(Executor):
    """An executor of killable worker processes, started at once so that their imports are warm.

    Parameters
    ----------
    count : int
        Number of processes; 0: the cores less one, at least one.
    preload
        What a fresh worker imports before its first job: modules, or ``module:function`` to call one too.
    threads : int
        What numeric libraries may use in each worker.
    memory_mb : int
        How much memory each may take; 0: three quarters of the machine's.
    """

    def __init__(self, count: int = 0, *, preload: Sequence[str] = (), threads: int = 1, memory_mb: int = 0) -> None:
        self.count = count or max(1, (os.cpu_count() or 1) - 1)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._unfinished: set[Future[Any]] = set()
        self._closed = False
        self._overheard = Overheard()
        start = functools.partial(
            WorkerProcess,
            tuple(preload),
            threads,
            memory_mb or default_memory_mb(),
            stderr=self._overheard.descriptor,
        )
        self._workers = [_Worker(self._jobs, start) for _ in range(self.count)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> JobFuture:
        """Have a worker call ``fn(*args, **kwargs)``; all of it must be picklable.

        The future ends with `WorkerDiedError` if the process ends before the call does, with the call's own error
        if that is an `OscReorderError`, and with a bare `OscReorderError` after any other.
        """
        job = _Job(pickle.dumps((fn, args, kwargs)), JobFuture())
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers have been shut down")
            self._unfinished.add(job.future)
            self._jobs.put(job)
        job.future.add_done_callback(self._forget)
        return job.future

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._unfinished.discard(future)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's
        """End the workers after the jobs at hand; with `cancel_futures` those are cancelled, running ones too."""
        with self._lock:
            closed, self._closed = self._closed, True
            unfinished = list(self._unfinished)
        if cancel_futures:
            for future in unfinished:
                future.cancel()
        if not closed:
            for _ in self._workers:
                self._jobs.put(None)
        if wait:
            for worker in self._workers:
                worker.join()
            self._overheard.close()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Shut down; after an error nobody waits for the jobs at hand."""
        self.shutdown(cancel_futures=kind is not None)


class _Worker:
    """A thread that hands jobs to a process of its own, and starts another when that one has ended."""

    def __init__(self, jobs: "queue.SimpleQueue[_Job | None]", start: Callable[[], WorkerProcess]) -> None:
        self._jobs = jobs
        self._start_process = start
        self._process: WorkerProcess | None = None
        self._thread = threading.Thread(target=self._run, name="oscreorder-worker", daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Inherited by the process: Ctrl-C in a terminal reaches all, but only the control process decides.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._start()
        while (job := self._jobs.get()) is not None:
            if self._process is None or not self._process.alive():
                self._end()
                self._start()
            self._carry_out(job)
        self._end()

    def _start(self) -> None:
        """Start a process; where the system refuses, log why and go on without: the next job tries again."""
        try:
            self._process = self._start_process()
        except OSError as error:
            _log.error("no worker process could be started: %s", error)

    def _end(self) -> str:
        """Let the process end, and return in words how it did."""
        process, self._process = self._process, None
        return process.end() if process else "no worker process could be started"

    def _carry_out(self, job: _Job) -> None:
        process = self._process
        if process is None:
            job.future.finish(Failed(WorkerDiedError(self._end())))
            return
        if not job.future.begin(process):
            return
        created: list[Path] = []
        last = _listen(process, job, created)
        if last is None and not job.begun:
            last = self._try_again(job, created)
        cancelled = job.future.close()
        ended = last is None or cancelled
        manner = self._end() if ended else ""
        last = last or Failed(WorkerDiedError(manner))
        if cancelled or isinstance(last, Failed):
            remove(created)
        job.future.finish(last)
        if ended:
            self._start()

    def _try_again(self, job: _Job, created: list[Path]) -> Done | Failed | None:
        """Have a fresh process do what the other had not begun: it may have died before, while it had nothing to do."""
        self._end()
        self._start()
        if self._process is None or not job.future.goes_on(self._process):
            return None
        return _listen(self._process, job, created)


def _listen(process: WorkerProcess, job: _Job, created: list[Path]) -> Done | Failed | None:
    """Have `process` do the job; return its last word, or None if it ended without one."""
    try:
        process.call(job.call)
        while True:
            word = process.hear()
            if not job.begun:
                job.begun = True
                job.future.tell_begun()
            match word:
                case Progress(fraction, what):
                    job.future.tell(fraction, what)
                case Creates(path):
                    created.append(Path(path))
                case Done() as last:
                    return last
                case Failed() as last:
                    if last.trace:
                        _log.error("a job failed in its worker\n%s", last.trace)
                    return last
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    except Exception:  # noqa: BLE001 - a fault in a listener, or a result beyond reading, must not end this thread
        _log.error("a job was given up", exc_info=True)
        return None
