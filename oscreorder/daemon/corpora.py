"""The corpora that the session knows, and the settings with which the next job on one of them runs."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from oscreorder.errors import NotFoundError, ParameterError
from oscreorder.osc.places import Place
from oscreorder.parameters import Settings, Value
from oscreorder.records import CorpusRecord


@dataclass(frozen=True, slots=True)
class Wishes:
    """The session's parameters at a moment; `set_at` tells for each that was ever set at which `count` of settings."""

    settings: Settings
    count: int = 0
    set_at: Mapping[str, int] = field(default_factory=dict)

    def changed(self, name: str, value: object) -> "Wishes":
        """Return them with one parameter set; ParameterError where it is refused."""
        count = self.count + 1
        return Wishes(self.settings.changed({name: value}), count, {**self.set_at, name: count})


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus, and the session's `count` of settings when its analysis was asked for."""

    record: CorpusRecord
    analysed_at: int = 0

    @property
    def grains(self) -> int:
        """Number of grains; 0 before the analysis."""
        return self.record.analysis.grains if self.record.analysis else 0


def effective_settings(wishes: Wishes, options: Mapping[str, Value], corpus: Corpus | None) -> Settings:
    """Return the settings of a request: the session's, overlaid by the request's options.

    Where `corpus` has been analysed, the parameters of the analysis are those that made it, but for such as were
    set since: a render after ``analyse hop_length 512`` goes by that hop_length.  For work that shall begin from
    the session's parameters alone, `corpus` is None.

    Raises
    ------
    ParameterError
        What comes together does not fit together.
    """
    kept: dict[str, Value] = {}
    if corpus and corpus.record.analysis:
        made_with = corpus.record.analysis.settings.group("analysis")
        kept = {name: value for name, value in made_with.items() if wishes.set_at.get(name, 0) <= corpus.analysed_at}
    return wishes.settings.changed(kept | dict(options))


class Corpora:
    """The corpora by name.

    Parameters
    ----------
    scratch : str
        The folder in which each job has one for its files.
    """

    def __init__(self, scratch: str) -> None:
        self._scratch = PurePath(scratch)
        self._corpora: dict[str, Corpus] = {}

    def names(self) -> list[str]:
        """Return the names in order of arrival."""
        return list(self._corpora)

    def get(self, name: str) -> Corpus | None:
        """Return the corpus of this name, if there is one."""
        return self._corpora.get(name)

    def folder(self, job: int) -> str:
        """Return the folder that a job has for its files."""
        return str(self._scratch / f"job-{job}")

    def keep(self, record: CorpusRecord, *, asked_at: int, analysed: bool) -> tuple[str, ...]:
        """Put a corpus's new record in the place of the old; return the folders that are needed no more.

        `asked_at` is the session's count of settings when the job was asked for; with `analysed` the job was an
        ``analyse``, whose settings hold from now on even where the analysis that they made was there already.
        """
        before = self._corpora.get(record.name)
        if before and _same_analysis(before.record, record) and not analysed:
            asked_at = before.analysed_at
        self._corpora[record.name] = Corpus(record, asked_at)
        return tuple(sorted(self._folders(before) - self._folders(self._corpora[record.name])))

    def uses(self, name: str, folder: str) -> bool:
        """Return whether the files of a corpus are in this folder."""
        return folder in self._folders(self._corpora.get(name))

    def remove(self, name: str) -> tuple[str, ...]:
        """Forget a corpus; return its folders."""
        return tuple(sorted(self._folders(self._corpora.pop(name, None))))

    def _folders(self, corpus: Corpus | None) -> set[str]:
        """Return the folders of the jobs whose files a corpus refers to."""
        if corpus is None:
            return set()
        record = corpus.record
        parents = {PurePath(path).parent for sound in record.sounds for path in (sound.samples, sound.plain)}
        if record.analysis:
            parents.add(PurePath(record.analysis.folder))
            parents.update(PurePath(made.path).parent for made in record.analysis.maps)
        parts = (parent.relative_to(self._scratch).parts for parent in parents if parent.is_relative_to(self._scratch))
        return {str(self._scratch / part[0]) for part in parts if part}


def _same_analysis(one: CorpusRecord, other: CorpusRecord) -> bool:
    """Return whether the grains of both records are the same ones, whatever maps were made of them."""
    folders = {record.analysis.folder if record.analysis else "" for record in (one, other)}
    return len(folders) == 1


def check_place(place: Place, corpus: CorpusRecord) -> None:
    """Accept a place that the analysed corpus has.

    Raises
    ------
    NotFoundError
        It has no such grain.
    ParameterError
        The vector has another number of dimensions than its search space.
    """
    grains, features = (corpus.analysis.grains, corpus.analysis.features) if corpus.analysis else (0, 0)
    if place.kind == "grain" and place.numbers[0] >= grains:
        raise NotFoundError(
            f"there is no grain {place.numbers[0]:.0f} in {corpus.name}; the grains are 0 to {grains - 1}"
        )
    if place.kind == "vector" and len(place.numbers) != features:
        raise ParameterError(
            f"vector: {len(place.numbers)} numbers came; {corpus.name} takes {features}, one for each dimension"
        )


def not_found(name: str, known: Iterable[str]) -> NotFoundError:
    """Return the error that there is no corpus of this name; it names the nearest that there is."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0)
    hint = f"; the nearest is {nearest[0]}" if nearest else "; none is loaded: /oscreorder/load makes one"
    return NotFoundError(f'there is no corpus "{name}"{hint}')
