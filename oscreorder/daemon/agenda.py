"""The jobs: which wait, which run, which may start next, and when each must be heard of again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oscreorder.daemon.corpora import Wishes
from oscreorder.daemon.tickets import Ticket
from oscreorder.errors import OscReorderError
from oscreorder.limits import Limits
from oscreorder.records import CorpusRecord

PROGRESS_AT_MOST_S = 0.1
SILENT_AT_MOST_S = 0.5


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a request needs before it can go on: the analysis of its corpus and, if `mapped`, the 2-D map.

    `then` takes the corpus's record and the time; `give_up` is called where it failed, and the request has its error.
    """

    mapped: bool
    then: Callable[[CorpusRecord, float], None]
    give_up: Callable[[], None] = lambda: None


@dataclass(slots=True, eq=False)
class Job:
    """Work on a corpus, which waits or runs.

    `wishes` are the session's parameters as they were when it was asked for.  `began` is when it was handed to a
    worker, and then when that began with it; `told` when its progress was last sent.  `stopped` is set when it shall
    end before its time; `freed` when its corpus was forgotten meanwhile, and `leftovers` are the folders of that
    corpus.  With `preparation` it does not answer its request, but lets it go on.
    """

    number: int
    ticket: Ticket
    corpus: str
    wishes: Wishes
    told: float
    folder: str = ""
    running: bool = False
    began: float = 0.0
    stopped: OscReorderError | None = None
    freed: bool = False
    leftovers: tuple[str, ...] = ()
    preparation: Preparation | None = None

    @property
    def command(self) -> str:
        """What a worker does for it."""
        return "prepare" if self.preparation else self.ticket.command


class Agenda:
    """All jobs that have not ended, in order of arrival; at most `slots` run at a time, and one on each corpus."""

    def __init__(self, slots: int, limits: Limits) -> None:
        self._slots = slots
        self._limits = limits
        self._jobs: dict[int, Job] = {}
        self._made = 0
        self.next_progress: float | None = None

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, ticket: Ticket, corpus: str, wishes: Wishes, now: float) -> Job:
        """Let a job wait for its turn.

        Raises
        ------
        LimitError
            Too many wait.
        """
        self._limits.check("jobs", self.waiting + 1, "jobs that would wait")
        self._made += 1
        job = self._jobs[self._made] = Job(self._made, ticket, corpus, wishes, told=now - PROGRESS_AT_MOST_S)
        if self.next_progress is None:
            self.next_progress = now + SILENT_AT_MOST_S
        return job

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return sum(not job.running for job in self)

    def overdue(self, now: float) -> list[Job]:
        """Return the jobs that have run for longer than they may."""
        return [job for job in self if job.running and now - job.began > self._limits.job_s]

    def get(self, number: int) -> Job | None:
        """Return the job of this number, unless it has ended."""
        return self._jobs.get(number)

    def of(self, ticket: Ticket) -> Job | None:
        """Return the job that a request asked for, unless it has ended."""
        return next((job for job in self if job.ticket is ticket), None)

    def on(self, corpus: str) -> list[Job]:
        """Return the jobs on a corpus."""
        return [job for job in self if job.corpus == corpus]

    def remove(self, job: Job) -> None:
        """Strike a job: it has ended."""
        del self._jobs[job.number]
        if not self._jobs:
            self.next_progress = None

    def startable(self) -> Job | None:
        """Return the job that waits longest of those that may start now."""
        if sum(job.running for job in self) >= self._slots:
            return None
        taken: set[str] = set()
        for job in self:
            if not job.running and job.corpus not in taken:
                return job
            taken.add(job.corpus)
        return None

    def quiet(self, now: float) -> list[Job]:
        """Return the jobs that have not been heard of for a while, and must be now.

        Looking each half second, no gap between two progress messages reaches the second that is promised.
        """
        if self.next_progress is None or now < self.next_progress:
            return []
        self.next_progress = now + SILENT_AT_MOST_S
        return [job for job in self if job.told + SILENT_AT_MOST_S <= now]
