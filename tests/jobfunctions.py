"""What the tests of workers let them do; a module of its own, since a spawned process must be able to import it."""

import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from oscreorder.daemon.worker import reporter
from oscreorder.errors import FileProblemError, OscReorderError, ParameterError
from oscreorder.records import CorpusRecord, Outcome, SoundRecord


def add(a: int, b: int) -> int:
    return a + b


def pid() -> int:
    return os.getpid()


def refuse(text: str) -> None:
    raise ParameterError(text)


def fail() -> None:
    raise ZeroDivisionError("a fault")


def leave(code: int) -> None:
    os._exit(code)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def too_large() -> int:
    return len(bytearray(2**62))


def unpicklable() -> object:
    return threading.Lock()


def tell(*fractions: float) -> None:
    said = reporter()
    for fraction in fractions:
        said.progress(fraction, f"at {fraction}")
        said._told -= 1  # noqa: SLF001 - as if a second had passed


def tell_often(times: int) -> int:
    for number in range(times):
        reporter().progress(number / times, "counting")
    return times


def make(path: str, *, then: str) -> None:
    """Announce a file and a folder, make them, and then end well, badly or never."""
    for made in (Path(path), Path(f"{path}.folder")):
        reporter().creates(made)
    Path(path).write_text("half")
    Path(f"{path}.folder").mkdir()
    Path(f"{path}.folder", "inside").write_text("half")
    if then == "fail":
        raise OscReorderError("it failed")
    if then == "die":
        os._exit(3)
    if then == "stay":
        stay()


def stay() -> None:
    """Tell that it has begun, and never end."""
    reporter().progress(0.0, "staying")
    threading.Event().wait()


def speak() -> None:
    """Write to stdout as a native library does, and as Python does."""
    subprocess.run([sys.executable, "-c", "print('native')"], check=True)
    sys.stdout.write("python\n")
    sys.stdout.flush()


def settled() -> dict[str, object]:
    """Return what a worker has set for itself."""
    return {
        "nice": os.nice(0),
        "threads": os.environ["OMP_NUM_THREADS"],
        "interrupt": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "modules": "jobfunctions" in sys.modules,
    }


def fake_work(command: str, /, *, folder: str, **arguments: Any) -> Outcome:
    """Stand for `oscreorder.daemon.worker.work`; the last word of the path or corpus decides what happens."""
    said = reporter()
    said.creates(Path(folder))
    Path(folder).mkdir()
    target = Path(str(arguments.get("path", arguments.get("out", "")))).stem
    if command == "load":
        return fake_load(target, folder, **arguments)
    part = Path(arguments["folders"].out, f"{target}.part")
    said.creates(part)
    part.write_text("half")
    match target:
        case "stay":
            stay()
        case "die":
            os._exit(3)
        case "fault":
            raise ZeroDivisionError("a fault")
        case "nan":
            return Outcome((math.nan,))
    part.replace(arguments["folders"].out + "/" + arguments["out"])
    return Outcome((arguments["out"], 1, 44100, 0.5), ("a notice",))


def fake_load(target: str, folder: str, *, name: str, path: str, **_: object) -> Outcome:
    if target == "missing":
        raise FileProblemError(f"{path}: there is no such file")
    samples = Path(folder, "0.f32")
    samples.write_bytes(b"")
    sound = SoundRecord(path, 44100, 1, 44100, str(samples), 44100)
    return Outcome((1, 1.0, 0), (), CorpusRecord(name, 44100, (sound,) * (5000 if target == "many" else 1)))
