"""Workers: results, errors and progress come back; a cancelled or dead job costs itself and nothing else."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from pathlib import Path

import jobfunctions
import psutil
import pytest

from oscreorder.daemon.jobs import JobFuture, Workers
from oscreorder.errors import LimitError, OscReorderError, ParameterError, WorkerDiedError

PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def shared() -> Iterator[Workers]:
    """Two workers for all tests: what one test does to them must not harm the next."""
    with Workers(2, preload=["jobfunctions", "no_such_module"]) as workers:
        yield workers
        workers.shutdown(cancel_futures=True)


@pytest.fixture
def alone() -> Iterator[Workers]:
    with Workers(1) as workers:
        yield workers
        workers.shutdown(cancel_futures=True)


def begun(future: JobFuture) -> int:
    """Wait until a job that stays tells that it has begun; return the process it is in."""
    told: queue.SimpleQueue[float] = queue.SimpleQueue()
    future.add_progress_callback(lambda fraction, _: told.put(fraction))
    told.get(timeout=PATIENCE_S)
    assert future.pid is not None
    return future.pid


def gone(pid: int) -> bool:
    """Wait for the end of a process."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.wait_procs([psutil.Process(pid)], timeout=PATIENCE_S)
    return not psutil.pid_exists(pid)


def test_it_tells_once_that_a_worker_has_begun(alone: Workers) -> None:
    first = alone.submit(jobfunctions.stay)  # the second waits meanwhile
    second = alone.submit(jobfunctions.tell, 0.1, 0.2)
    told: queue.SimpleQueue[JobFuture] = queue.SimpleQueue()
    second.add_begin_callback(lambda: told.put(second))
    begun(first)
    assert told.empty()
    first.cancel()
    second.result(PATIENCE_S)
    assert (told.get(timeout=PATIENCE_S), told.empty()) == (second, True)


def test_it_is_an_executor(shared: Workers) -> None:
    assert isinstance(shared, Executor)
    assert shared.submit(jobfunctions.add, 2, b=3).result(PATIENCE_S) == 5
    assert list(shared.map(pow, [2, 3], [3, 2], timeout=PATIENCE_S)) == [8, 9]


def test_a_job_runs_in_another_process_that_is_used_again(alone: Workers) -> None:
    first = alone.submit(jobfunctions.pid).result(PATIENCE_S)
    assert first != os.getpid()
    assert alone.submit(jobfunctions.pid).result(PATIENCE_S) == first


def test_progress_is_told_in_order(shared: Workers) -> None:
    future = shared.submit(jobfunctions.tell, 0.25, 0.5, 1.0)
    told: list[tuple[float, str]] = []
    future.add_progress_callback(lambda fraction, what: told.append((fraction, what)))
    future.result(PATIENCE_S)
    assert told == [(fraction, f"at {fraction}") for fraction in (0.25, 0.5, 1.0)][-len(told) :]


def test_progress_at_any_rate_does_not_flood(shared: Workers) -> None:
    future = shared.submit(jobfunctions.tell_often, 100_000)
    told: list[float] = []
    future.add_progress_callback(lambda fraction, _: told.append(fraction))
    assert future.result(PATIENCE_S) == 100_000
    assert len(told) < 100


def test_errors_of_ours_come_as_they_are(shared: Workers) -> None:
    with pytest.raises(ParameterError, match=r"^hop_length: too much$"):
        shared.submit(jobfunctions.refuse, "hop_length: too much").result(PATIENCE_S)


def test_other_errors_are_logged_and_told_short(shared: Workers, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(OscReorderError, match="ZeroDivisionError: a fault") as caught:
        shared.submit(jobfunctions.fail).result(PATIENCE_S)
    assert caught.value.code == 21
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in caplog.text
    assert "jobfunctions.py" in caplog.text


def test_a_result_that_cannot_travel_is_an_error(shared: Workers) -> None:
    with pytest.raises(OscReorderError, match="cannot pickle"):
        shared.submit(jobfunctions.unpicklable).result(PATIENCE_S)


def test_too_little_memory_is_a_limit(shared: Workers) -> None:
    with pytest.raises(LimitError, match="memory"):
        shared.submit(jobfunctions.too_large).result(PATIENCE_S)


@pytest.mark.parametrize(("then", "stays"), [("succeed", True), ("fail", False), ("die", False)])
def test_announced_files_stay_only_after_success(shared: Workers, tmp_path: Path, then: str, *, stays: bool) -> None:
    path = tmp_path / "part"
    future = shared.submit(jobfunctions.make, str(path), then=then)
    failure = future.exception(PATIENCE_S)
    assert (failure is None) == stays
    assert path.exists() == stays
    assert Path(f"{path}.folder").exists() == stays


def test_cancel_ends_a_running_job(alone: Workers, tmp_path: Path) -> None:
    path = tmp_path / "part"
    future = alone.submit(jobfunctions.make, str(path), then="stay")
    process = begun(future)
    assert path.exists()
    assert future.running()
    assert future.cancel()
    with pytest.raises(CancelledError):
        future.result(PATIENCE_S)
    assert future.cancelled()
    assert not future.running()
    assert not list(tmp_path.iterdir())
    assert not psutil.pid_exists(process)
    assert alone.submit(jobfunctions.pid).result(PATIENCE_S) != process


def test_cancel_takes_a_waiting_job_out_of_the_queue(alone: Workers) -> None:
    first = alone.submit(jobfunctions.stay)
    waiting = alone.submit(jobfunctions.add, 1, 1)
    begun(first)
    assert waiting.cancel()
    assert waiting.cancelled()
    first.cancel()
    assert alone.submit(jobfunctions.add, 1, 2).result(PATIENCE_S) == 3


def test_a_finished_job_is_not_cancelled(shared: Workers) -> None:
    future = shared.submit(jobfunctions.add, 1, 1)
    assert future.result(PATIENCE_S) == 2
    assert not future.cancel()
    assert not future.cancelled()


def test_a_killed_worker_costs_its_job_only(alone: Workers) -> None:
    victim = alone.submit(jobfunctions.stay)
    following = alone.submit(jobfunctions.add, 3, 4)
    os.kill(begun(victim), signal.SIGKILL)
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        victim.result(PATIENCE_S)
    assert following.result(PATIENCE_S) == 7


def test_a_worker_killed_between_jobs_is_replaced(alone: Workers) -> None:
    process = alone.submit(jobfunctions.pid).result(PATIENCE_S)
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)  # it is dead, and left for the executor to find
    assert alone.submit(jobfunctions.add, 1, 1).result(PATIENCE_S) == 2


def test_a_worker_that_dies_before_it_begins_costs_nothing(alone: Workers) -> None:
    process = alone.submit(jobfunctions.pid).result(PATIENCE_S)
    os.kill(process, signal.SIGSTOP)
    future = alone.submit(jobfunctions.pid)
    while future.pid != process:
        assert not future.done()
    os.kill(process, signal.SIGKILL)
    assert future.result(PATIENCE_S) != process


def test_what_is_cancelled_is_not_tried_again(alone: Workers) -> None:
    process = alone.submit(jobfunctions.pid).result(PATIENCE_S)
    os.kill(process, signal.SIGSTOP)
    future = alone.submit(jobfunctions.stay)
    while future.pid != process:
        assert not future.done()
    assert future.cancel()
    with pytest.raises(CancelledError):
        future.result(PATIENCE_S)


def test_where_no_process_can_be_started_a_job_fails_and_the_next_tries_again(
    alone: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/such/python")
        with pytest.raises(WorkerDiedError):
            alone.submit(jobfunctions.leave, 1).result(PATIENCE_S)
        with pytest.raises(WorkerDiedError, match="no worker process could be started"):
            alone.submit(jobfunctions.add, 1, 1).result(PATIENCE_S)
    assert alone.submit(jobfunctions.add, 1, 1).result(PATIENCE_S) == 2


def test_a_crash_and_an_exit_are_told_by_name(shared: Workers) -> None:
    with pytest.raises(WorkerDiedError, match="SIGSEGV"):
        shared.submit(jobfunctions.kill_self).result(PATIENCE_S)
    with pytest.raises(WorkerDiedError, match="exit code 7"):
        shared.submit(jobfunctions.leave, 7).result(PATIENCE_S)


def test_a_fault_in_a_listener_costs_that_job_only(alone: Workers, caplog: pytest.LogCaptureFixture) -> None:
    def fault(fraction: float, what: str) -> None:
        raise ValueError(fraction, what)

    blocker = alone.submit(jobfunctions.stay)
    future = alone.submit(jobfunctions.tell, 0.5)
    future.add_progress_callback(fault)
    begun(blocker)
    blocker.cancel()
    with pytest.raises(WorkerDiedError):
        future.result(PATIENCE_S)
    assert "ValueError" in caplog.text
    assert alone.submit(jobfunctions.add, 1, 1).result(PATIENCE_S) == 2


def test_workers_are_modest(shared: Workers) -> None:
    expected = {"nice": os.nice(0) + 10, "threads": "1", "interrupt": True, "modules": True}
    assert shared.submit(jobfunctions.settled).result(PATIENCE_S) == expected


def test_shutdown_waits_for_jobs_and_ends_processes() -> None:
    workers = Workers(1)
    process = workers.submit(jobfunctions.pid)
    last = workers.submit(jobfunctions.add, 1, 1)
    workers.shutdown()
    assert last.result(0) == 2
    assert not psutil.pid_exists(process.result(0))
    with pytest.raises(RuntimeError, match="shut down"):
        workers.submit(jobfunctions.add, 1, 1)


def test_shutdown_can_cancel_what_runs_and_what_waits() -> None:
    workers = Workers(1)
    running, waiting = workers.submit(jobfunctions.stay), workers.submit(jobfunctions.stay)
    begun(running)
    workers.shutdown(cancel_futures=True)
    assert running.cancelled()
    assert waiting.cancelled()


PARENT = textwrap.dedent("""
    import sys, threading
    from pathlib import Path
    import jobfunctions
    from oscreorder.daemon.jobs import Workers

    if __name__ == "__main__":
        workers = Workers(1)
        if sys.argv[2] == "speak":
            workers.submit(jobfunctions.speak).result()
            workers.shutdown()
        else:
            future = workers.submit(jobfunctions.make, sys.argv[1], then="stay")
            future.add_progress_callback(lambda *_: print(future.pid, flush=True))
            threading.Event().wait()
""")


def parent(tmp_path: Path, what: str) -> "subprocess.Popen[str]":
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    return subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "part"), what],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_workers_end_with_their_parent_and_leave_nothing(tmp_path: Path) -> None:
    with parent(tmp_path, "stay") as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        assert (tmp_path / "part").exists()
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    assert gone(worker)
    assert [path.name for path in tmp_path.iterdir()] == ["parent.py"]


def test_what_jobs_print_never_reaches_stdout(tmp_path: Path) -> None:
    with parent(tmp_path, "speak") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert out == ""
    assert err == "python\n"  # what native libraries print goes nowhere
