"""Work on corpora: jobs in their order, their settings, their ends, and the corpora that come of them."""

from oscreorder.daemon.agenda import PROGRESS_AT_MOST_S, Agenda, Job, Preparation
from oscreorder.daemon.corpora import Corpora, Wishes, effective_settings, not_found
from oscreorder.daemon.effects import CancelJob, Peer, StartJob
from oscreorder.daemon.replies import Replies
from oscreorder.daemon.tickets import Ticket
from oscreorder.errors import CancelledError, LimitError, OscReorderError
from oscreorder.limits import Limits, exceeded
from oscreorder.osc import messages
from oscreorder.osc.commands import COMMANDS
from oscreorder.osc.wire import Message
from oscreorder.records import CorpusRecord, Folders, Outcome, SoundRecord

MAX_NOTICES = 50
BEING_DONE = {
    "load": "loading",
    "copies": "copying",
    "analyse": "analysing",
    "render": "rendering",
    "order": "ordering",
    "plot": "plotting",
    "prepare": "analysing",
}
FROM_THE_START = frozenset(("load", "analyse", "copies"))


class Workshop:
    """The jobs and the corpora.

    Jobs on one corpus run one after the other, as they came; those on different corpora side by side, as far as
    there are `slots`.  A corpus that has a load waiting counts as existing.
    """

    def __init__(self, replies: Replies, folders: Folders, limits: Limits, *, slots: int) -> None:
        self._replies = replies
        self._folders = folders
        self._limits = limits
        self._corpora = Corpora(folders.scratch)
        self._agenda = Agenda(slots, limits)

    @property
    def n_corpora(self) -> int:
        """How many corpora there are or will be."""
        return len(self._names())

    @property
    def n_jobs(self) -> int:
        """How many jobs wait or run."""
        return len(self._agenda)

    @property
    def next_deadline(self) -> float | None:
        """When `repeat_progress` has something to do."""
        return self._agenda.next_progress

    @property
    def n_waiting(self) -> int:
        """How many jobs wait."""
        return self._agenda.waiting

    def unanswered(self, to: Peer) -> set[Ticket]:
        """Return the tickets of a peer's work that has not ended."""
        tickets = (job.ticket for job in self._agenda if not COMMANDS[job.ticket.command].silent)
        return {ticket for ticket in tickets if ticket.to == to and ticket.answer is None}

    # The commands

    def take_on(self, ticket: Ticket, wishes: Wishes, now: float) -> None:
        """Take on load, copies, analyse, render, order or plot; copies that are there are told at once.

        Raises
        ------
        NotFoundError
            There is no such corpus.
        LimitError
            Too many jobs wait, or there would be too many corpora.
        """
        corpus = str(ticket.arguments["corpus"])
        if ticket.command != "load":
            self.require(corpus)
        elif corpus not in self._names():
            self._limits.check("corpora", self.n_corpora + 1, "corpora that there would be")
        if ticket.command == "copies" and self.copied(corpus):
            self._tell_copies(ticket)
            self._replies.done(ticket, now, len(self._sounds(corpus)))
            return
        job = self._agenda.add(ticket, corpus, wishes, now)
        self._note_progress(job, 0.0, "waiting")
        self._start_jobs(now)

    def copied(self, corpus: str) -> bool:
        """Return whether a corpus has all its copies, and no load is on its way that would bring more sounds."""
        loading = any(job.command == "load" for job in self._agenda.on(corpus))
        return not loading and all(sound.plain for sound in self._sounds(corpus))

    def _tell_copies(self, ticket: Ticket) -> None:
        """Tell of each sound the file that every program reads; its own where there is none."""
        for index, sound in enumerate(self._sounds(str(ticket.arguments["corpus"]))):
            path = sound.plain or sound.path
            self._replies.tell(ticket, _sound_row(ticket.id, index, path, sound))

    def prepare(self, ticket: Ticket, corpus: str, wishes: Wishes, preparation: Preparation, now: float) -> None:
        """Let a request go on when its corpus is ready for it: at once if it is, else after a job.

        Raises
        ------
        NotFoundError
            There is no such corpus.
        LimitError
            Too many jobs wait, or there would be too many corpora.
        """
        self.require(corpus)
        if record := self.prepared(ticket, corpus, wishes, mapped=preparation.mapped):
            preparation.then(record, now)
            return
        job = self._agenda.add(ticket, corpus, wishes, now)
        job.preparation = preparation
        self._note_progress(job, 0.0, "waiting")
        self._start_jobs(now)

    def prepared(self, ticket: Ticket, name: str, wishes: Wishes, *, mapped: bool) -> CorpusRecord | None:
        """Return the record of a corpus if it is ready for a request."""
        corpus = self._corpora.get(name)
        if corpus is None or corpus.record.analysis is None:
            return None
        ready = not mapped or corpus.record.analysis.map_for(wishes.settings.changed(ticket.options))
        return corpus.record if ready else None

    def free(self, corpus: str, reason: str, now: float) -> None:
        """Forget a corpus; whatever waits for it or works on it is cancelled.

        Raises
        ------
        NotFoundError
            There is no such corpus.
        """
        self.require(corpus)
        folders = self._corpora.remove(corpus)
        for job in self._agenda.on(corpus):
            job.freed = True
            if job.running:
                job.leftovers, folders = job.leftovers + folders, ()  # it may be reading them
            self._stop(job, reason, now)
        self._replies.remove_folders(folders)

    def corpus_rows(self, request_id: int) -> list[Message]:
        """Return one row for each corpus."""
        return [self._corpus_row(request_id, name) for name in self._names()]

    def _corpus_row(self, request_id: int, name: str) -> Message:
        corpus = self._corpora.get(name)
        state = self._state(name)
        if corpus is None:
            return messages.corpus_row(request_id, name, sounds=0, grains=0, seconds=0.0, sr=0, state=state)
        record = corpus.record
        return messages.corpus_row(
            request_id,
            name,
            sounds=len(record.sounds),
            grains=corpus.grains,
            seconds=record.seconds,
            sr=record.sr,
            state=state,
        )

    def sound_rows(self, request_id: int, name: str) -> list[Message]:
        """Return one row for each sound of a corpus.

        Raises
        ------
        NotFoundError
            There is no such corpus.
        """
        self.require(name)
        return [_sound_row(request_id, index, sound.path, sound) for index, sound in enumerate(self._sounds(name))]

    def _sounds(self, name: str) -> tuple[SoundRecord, ...]:
        corpus = self._corpora.get(name)
        return corpus.record.sounds if corpus else ()

    # Jobs on their way

    def began(self, number: int, now: float) -> None:
        """Take that a worker, which may have had to get ready, has begun with a job."""
        job = self._agenda.get(number)
        if job is not None:
            job.began = now

    def progress(self, number: int, fraction: float, what: str, now: float) -> None:
        """Take how far a job is; told on, but not more often than is allowed."""
        job = self._agenda.get(number)
        if job is not None:
            self._note_progress(job, min(max(fraction, 0.0), 1.0), what)
            self._tell_progress(job, now)

    def repeat_progress(self, now: float) -> None:
        """Tell again how far the jobs are that were silent for a second; end those that have run for too long."""
        for job in self._agenda.quiet(now):
            self._tell_progress(job, now)
        for job in self._agenda.overdue(now):
            self._stop_running(job, LimitError(exceeded("job_s", f"{job.command} ran on", self._limits.job_s)))

    def stop(self, ticket: Ticket, reason: str, now: float) -> bool:
        """End the job of a request before its time; return False if it has none."""
        job = self._agenda.of(ticket)
        if job is not None:
            self._stop(job, reason, now)
        return job is not None

    def stop_all(self, reason: str, now: float) -> None:
        """End all jobs and answer their requests at once."""
        for job in self._agenda:
            if job.running:
                self._replies.add(CancelJob(job.number))
            self._end(job, CancelledError(reason), now)

    def ended(self, number: int, result: Outcome | OscReorderError, now: float) -> None:
        """Take what became of a job.  One that succeeded before it could be stopped has succeeded."""
        job = self._agenda.get(number)
        if job is None:
            return
        if isinstance(result, OscReorderError):
            self._end(job, job.stopped or result, now)
        elif job.freed:
            job.leftovers += (job.folder,)
            self._end(job, job.stopped or CancelledError("cancelled"), now)
        else:
            self._succeed(job, result, now)
        self._start_jobs(now)

    def _succeed(self, job: Job, outcome: Outcome, now: float) -> None:
        if outcome.corpus is not None:
            analysed = job.ticket.command == "analyse"
            job.leftovers += self._corpora.keep(outcome.corpus, asked_at=job.wishes.count, analysed=analysed)
        if not self._corpora.uses(job.corpus, job.folder):
            job.leftovers += (job.folder,)
        for text in outcome.notices[:MAX_NOTICES]:
            self._replies.notice(job.ticket, text)
        if len(outcome.notices) > MAX_NOTICES:
            self._replies.notice(job.ticket, f"and {len(outcome.notices) - MAX_NOTICES} more notices")
        if job.command == "copies":
            self._tell_copies(job.ticket)
        if job.preparation and outcome.corpus is not None:
            self._go_on(job, job.preparation, outcome.corpus, now)
        else:
            self._end(job, outcome, now)

    def _go_on(self, job: Job, preparation: Preparation, record: CorpusRecord, now: float) -> None:
        """End a job that prepared for its request, and let that go on."""
        self._agenda.remove(job)
        self._replies.remove_folders(job.leftovers)
        try:
            preparation.then(record, now)
        except OscReorderError as error:
            self._replies.fail(job.ticket, error, now)

    def _end(self, job: Job, result: Outcome | OscReorderError, now: float) -> None:
        self._agenda.remove(job)
        self._replies.remove_folders(job.leftovers)
        if isinstance(result, Outcome):
            self._replies.done(job.ticket, now, *result.values)
        else:
            self._replies.fail(job.ticket, result, now)
            if job.preparation:
                job.preparation.give_up()

    def _stop(self, job: Job, reason: str, now: float) -> None:
        """End a waiting job at once; have a running one ended, which `ended` is told then."""
        if not job.running:
            self._end(job, CancelledError(reason), now)
        else:
            self._stop_running(job, CancelledError(reason))

    def _stop_running(self, job: Job, error: OscReorderError) -> None:
        if job.stopped is None:
            job.stopped = error
            self._replies.add(CancelJob(job.number))

    def _start_jobs(self, now: float) -> None:
        while (job := self._agenda.startable()) is not None:
            try:
                if job.preparation and (
                    record := self.prepared(job.ticket, job.corpus, job.wishes, mapped=job.preparation.mapped)
                ):
                    self._go_on(job, job.preparation, record, now)  # an earlier job has seen to it
                else:
                    job.began = now
                    self._replies.add(self._start(job))
                    self._tell_progress(job, now)
            except OscReorderError as error:
                self._end(job, error, now)

    def _start(self, job: Job) -> StartJob:
        """Let a job run, with the settings that hold for it now that the earlier ones on its corpus have ended."""
        ticket = job.ticket
        corpus = self._corpora.get(job.corpus)
        if corpus is None and ticket.command != "load":
            raise not_found(job.corpus, self._names())
        made_with = None if job.command in FROM_THE_START else corpus
        job.folder = self._corpora.folder(job.number)
        given: dict[str, object] = {"mapped": job.preparation.mapped} if job.preparation else {**ticket.arguments}
        arguments = given | {
            "corpus": corpus.record if corpus else None,
            "settings": effective_settings(job.wishes, ticket.options, made_with),
            "folders": self._folders,
            "folder": job.folder,
            "limits": self._limits,
        }
        if job.command == "load":
            arguments["name"] = job.corpus
        job.running = True
        self._note_progress(job, 0.0, BEING_DONE[job.command])
        return StartJob(job.number, job.command, arguments)

    def _note_progress(self, job: Job, fraction: float, what: str) -> None:
        job.ticket.progress = messages.progress(job.ticket.command, job.ticket.id, fraction, what)

    def _tell_progress(self, job: Job, now: float) -> None:
        """Send the latest progress, but not more often than is allowed."""
        heard = not messages.COMMANDS[job.ticket.command].silent
        if heard and job.ticket.progress is not None and job.told + PROGRESS_AT_MOST_S <= now:
            job.told = now
            self._replies.tell(job.ticket, job.ticket.progress)

    # Corpora

    def _names(self) -> list[str]:
        """Return the names of the corpora that exist or have a load waiting."""
        coming = (job.corpus for job in self._agenda if job.ticket.command == "load" and not job.freed)
        return list(dict.fromkeys((*self._corpora.names(), *coming)))

    def record(self, name: str) -> CorpusRecord | None:
        """Return the record of a corpus, if there is one."""
        corpus = self._corpora.get(name)
        return corpus.record if corpus else None

    def require(self, name: str) -> None:
        """Accept the name of a corpus; NotFoundError where there is none."""
        names = self._names()
        if name not in names:
            raise not_found(name, names)

    def _state(self, name: str) -> str:
        """Return in a word what is done with a corpus, or else how far it is prepared."""
        for job in self._agenda.on(name):
            if job.running and not job.freed:
                return BEING_DONE[job.command]
        corpus = self._corpora.get(name)
        if corpus is None:
            return "loading"
        return "analysed" if corpus.record.analysis else "loaded"


def _sound_row(request_id: int, index: int, path: str, sound: SoundRecord) -> Message:
    return messages.sound_row(request_id, index, path, sr=sound.sr, channels=sound.channels, length=sound.length)
