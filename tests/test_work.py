"""The jobs from file to file, in this process: what each gives back and leaves behind."""

import csv
import json
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from oscreorder import loading, read_sound, save_sound, work
from oscreorder.errors import FileProblemError, NotAudioError, OverwriteError
from oscreorder.parameters import Settings
from oscreorder.records import CorpusRecord, Folders, Outcome, Task

SETTINGS = Settings(win_length=4096, hop_length=1024)


class Diary:
    """A context that remembers what a job told."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.created: list[Path] = []

    def progress(self, fraction: float, what: str) -> None:
        self.told.append((fraction, what))

    def creates(self, path: Path) -> None:
        self.created.append(path)


class Desk:
    """Runs jobs on files below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(roots=(str(folder),), out=str(folder), scratch=str(folder / "scratch"))
        self.diary = Diary()
        self._folder = folder
        self._jobs = 0

    def fresh(self) -> str:
        self._jobs += 1
        path = self._folder / "scratch" / str(self._jobs)
        path.mkdir(parents=True)
        return str(path)

    def task(self, settings: Settings = SETTINGS) -> Task:
        return Task(settings=settings, folders=self.folders, folder=self.fresh(), context=self.diary)

    def load(self, path: str, corpus: CorpusRecord | None = None, settings: Settings = SETTINGS) -> Outcome:
        return loading.load(self.task(settings), name="corpus", path=path, corpus=corpus)

    def loaded(self, path: str, settings: Settings = SETTINGS) -> CorpusRecord:
        record = self.load(path, settings=settings).corpus
        assert record
        return record

    def run(self, job: str, corpus: CorpusRecord, out: str, **options: float | str) -> Outcome:
        return work.JOBS[job](self.task(SETTINGS.changed(options)), corpus=corpus, out=out)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def noise(seconds: float, sr: int, channels: int, seed: int = 0) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, round(seconds * sr))).astype(np.float32)


def test_a_folder_with_bad_files_loads_the_good_ones_and_tells_the_rest(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "takes" / "deep er").mkdir(parents=True)
    save_sound(tmp_path / "takes" / "one.wav", noise(0.5, 44100, 1), 44100)
    save_sound(tmp_path / "takes" / "deep er" / "zwei ü.flac", noise(0.5, 22050, 2), 22050)
    (tmp_path / "takes" / "text.wav").write_text("hello")
    (tmp_path / "takes" / "notes.txt").write_text("not looked at")
    done = desk.load("takes")
    assert done.values[::2] == (2, 1)
    assert done.values[1] == pytest.approx(1.0, abs=1e-3)
    assert [notice for notice in done.notices if "text.wav" in notice]
    assert done.corpus
    own = {(Path(sound.path).name, sound.sr, sound.channels, sound.length) for sound in done.corpus.sounds}
    assert own == {("one.wav", 44100, 1, 22050), ("zwei ü.flac", 22050, 2, 11025)}
    assert len({sound.decoded_length / done.corpus.sr for sound in done.corpus.sounds}) == 1


def test_loading_more_adds_and_loading_again_does_not(desk: Desk, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        save_sound(tmp_path / name, noise(0.2, 44100, 1), 44100)
    first = desk.loaded("a.wav")
    again = desk.load("a.wav", first)
    assert again.values[0] == 0
    assert "free corpus" in again.notices[0]
    both = desk.load("b.wav", first)
    assert both.values[0] == 1
    assert both.corpus
    assert [Path(sound.path).name for sound in both.corpus.sounds] == ["a.wav", "b.wav"]


def test_a_bad_file_alone_or_nothing_but_bad_files_is_an_error(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "text.wav").write_text("hello")
    (tmp_path / "bad" / "empty.wav").touch()
    with pytest.raises(NotAudioError, match=r"text\.wav"):
        desk.load("bad/text.wav")
    with pytest.raises(NotAudioError, match="none of its 2 files"):
        desk.load("bad")


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_original_order_gives_the_file_back(desk: Desk, tmp_path: Path, channels: int) -> None:
    save_sound(tmp_path / "in.wav", noise(0.7, 48000, channels), 48000)
    done = desk.run("render", desk.loaded("in.wav"), "out.wav", order="original")
    y, sr = read_sound(tmp_path / "out.wav")
    source, _ = read_sound(tmp_path / "in.wav")
    assert (sr, y.shape) == (48000, source.shape)
    assert np.array_equal(y, source)
    assert done.values[:3] == (str(tmp_path / "out.wav"), source.shape[1], 48000)
    assert done.corpus is None  # the original order needs no analysis


def test_all_channels_move_by_the_same_order(desk: Desk, tmp_path: Path) -> None:
    mono = noise(0.7, 44100, 1)
    save_sound(tmp_path / "in.wav", np.concatenate([mono, 0.5 * mono, -mono]), 44100, subtype="FLOAT")
    desk.run("render", desk.loaded("in.wav"), "out.wav", order="random", subtype="FLOAT")
    y, _ = read_sound(tmp_path / "out.wav")
    assert np.allclose(y[1], 0.5 * y[0], atol=1e-6)
    assert np.allclose(y[2], -y[0], atol=1e-6)


def test_the_first_analysis_is_kept_and_used_again(desk: Desk, tmp_path: Path) -> None:
    save_sound(tmp_path / "in.wav", noise(0.7, 44100, 1), 44100)
    corpus = desk.loaded("in.wav")
    rendered = desk.run("render", corpus, "first.wav").corpus
    assert rendered
    assert rendered.analysis
    assert rendered.analysis.grains == 1 + int(0.7 * 44100) // 1024
    analysed = work.analyse(replace(desk.task(), folder="unused"), corpus=rendered)
    assert analysed.corpus == rendered
    assert desk.run("render", rendered, "second.wav").corpus is None
    assert (tmp_path / "first.wav").read_bytes() == (tmp_path / "second.wav").read_bytes()
    # other settings for one render leave the corpus's own analysis alone
    assert desk.run("render", rendered, "third.wav", hop_length=2048).corpus is None


def test_an_order_is_told_in_samples_of_each_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save_sound(tmp_path / "in" / "a.wav", noise(0.4, 44100, 1), 44100)
    save_sound(tmp_path / "in" / "b.wav", noise(0.4, 22050, 1), 22050)
    corpus = desk.loaded("in")
    for name in ("order.csv", "order.json", "order.txt"):
        desk.run("order", corpus, name, order="original")
    rows = list(csv.DictReader((tmp_path / "order.csv").read_text().splitlines()))
    assert [int(row["grain"]) for row in rows] == list(range(len(rows)))
    first = {row["sound"]: row for row in reversed(rows)}
    assert [int(first["0"][name]) for name in ("start", "length")] == [-2048, 4096]
    assert [int(first["1"][name]) for name in ("start", "length")] == [-1024, 2048]
    told = json.loads((tmp_path / "order.json").read_text())
    assert told["settings"]["order"] == "original"
    labels = [line.split("\t") for line in (tmp_path / "order.txt").read_text().splitlines()]
    starts = [float(label[0]) for label in labels]
    assert starts == sorted(starts)
    assert starts[-1] < corpus.seconds + 0.1


def test_each_picture_is_drawn(desk: Desk, tmp_path: Path) -> None:
    save_sound(tmp_path / "in.wav", noise(1, 44100, 2), 44100)
    corpus = desk.loaded("in.wav")
    pictures = set()
    for embedding in ("pca", "tsne"):
        for components in (1, 2):
            out = f"{embedding}{components}.png"
            desk.run("plot", corpus, out, kind="map", embedding=embedding, components=components)
            pictures.add((tmp_path / out).read_bytes())
    for kind in ("spectrogram", "order"):
        desk.run("plot", corpus, f"{kind}.png", kind=kind)
        pictures.add((tmp_path / f"{kind}.png").read_bytes())
    assert len(pictures) == 6
    assert all(png.startswith(b"\x89PNG") for png in pictures)


def test_progress_never_goes_back_and_part_files_are_named(desk: Desk, tmp_path: Path) -> None:
    save_sound(tmp_path / "in.wav", noise(2, 44100, 1), 44100)
    corpus = desk.loaded("in.wav")
    desk.diary.told.clear()
    desk.run("render", corpus, "out.wav")
    fractions = [fraction for fraction, _ in desk.diary.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert desk.diary.created
    assert not any(path.exists() for path in desk.diary.created)
    assert all(path.parent == tmp_path for path in desk.diary.created)


def test_a_refused_output_is_refused_before_the_work(desk: Desk, tmp_path: Path) -> None:
    save_sound(tmp_path / "in.wav", noise(0.2, 44100, 1), 44100)
    corpus = desk.loaded("in.wav")
    desk.diary.told.clear()
    with pytest.raises(OverwriteError):
        desk.run("render", corpus, "in.wav")
    assert desk.diary.told == []


@pytest.mark.parametrize("samples", [1, 2, 700, 1025])
@pytest.mark.parametrize("order", ["similarity", "tour", "pca", "tsne", "cluster", "original", "random"])
def test_the_shortest_sounds_have_an_order(desk: Desk, tmp_path: Path, samples: int, order: str) -> None:
    save_sound(tmp_path / "in.wav", noise(samples / 44100, 44100, 1), 44100)
    done = desk.run("render", desk.loaded("in.wav"), "out.wav", order=order)
    assert done.values[1] == samples
    assert np.isfinite(read_sound(tmp_path / "out.wav")[0]).all()


@pytest.mark.parametrize("order", ["similarity", "tour", "pca", "tsne", "cluster"])
def test_silence_stays_silence(desk: Desk, tmp_path: Path, order: str) -> None:
    save_sound(tmp_path / "in.wav", np.zeros((2, 44100), np.float32), 44100)
    done = desk.run("render", desk.loaded("in.wav"), "out.wav", order=order)
    assert done.values[1] == 44100
    assert not read_sound(tmp_path / "out.wav")[0].any()


def copies(desk: Desk, corpus: CorpusRecord) -> Outcome:
    return loading.copies(desk.task(), corpus=corpus)


@pytest.mark.parametrize("rate", [0, 32000])
def test_copies_are_what_the_files_hold_whatever_the_rate_of_the_corpus(desk: Desk, tmp_path: Path, rate: int) -> None:
    (tmp_path / "in").mkdir()
    for name, sr, channels in (("a.flac", 44100, 1), ("b.ogg", 22050, 2), ("c.mp3", 48000, 2), ("d.aiff", 44100, 3)):
        save_sound(tmp_path / "in" / name, 2 * noise(1.7, sr, channels), sr)
    corpus = desk.loaded("in", SETTINGS.changed({"sample_rate": rate}))
    desk.diary.told.clear()
    done = copies(desk, corpus)
    assert (done.values, done.notices) == ((4,), ())
    assert done.corpus
    for before, sound in zip(corpus.sounds, done.corpus.sounds, strict=True):
        assert replace(sound, plain=before.plain) == before
        y, sr = read_sound(sound.path)
        z, sr_of_copy = read_sound(sound.plain)
        assert sr_of_copy == sr
        assert np.array_equal(z, y)
    assert done.corpus.sounds[3].plain == str(tmp_path / "in" / "d.aiff")
    fractions = [fraction for fraction, _ in desk.diary.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    folder = Path(done.corpus.sounds[0].plain).parent
    assert sorted(path.name for path in folder.iterdir()) == ["0.wav", "1.wav", "2.wav"]
    again = copies(desk, done.corpus)
    assert (again.corpus, again.values) == (done.corpus, (4,))


def test_a_sound_that_is_gone_or_has_changed_is_not_copied_and_the_others_are(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.flac", "b.flac", "c.flac"):
        save_sound(tmp_path / "in" / name, noise(0.3, 22050, 1), 22050)
    corpus = desk.loaded("in", SETTINGS.changed({"sample_rate": 44100}))
    (tmp_path / "in" / "a.flac").unlink()
    save_sound(tmp_path / "in" / "b.flac", noise(0.4, 22050, 1), 22050, overwrite=True)
    done = copies(desk, corpus)
    assert done.corpus
    assert [Path(sound.plain).name for sound in done.corpus.sounds] == ["", "", "2.wav"]
    gone, changed = done.notices
    assert "No such file" in gone
    assert "it has changed since it was loaded; free corpus" in changed


def test_a_file_with_samples_that_were_repaired_is_copied(desk: Desk, tmp_path: Path) -> None:
    y = noise(0.3, 44100, 1)
    y[0, 100] = np.nan
    soundfile.write(tmp_path / "in.wav", y.T, 44100, subtype="FLOAT")
    done = copies(desk, desk.loaded("in.wav"))
    assert done.corpus
    assert Path(done.corpus.sounds[0].plain).name == "0.wav"
    assert np.array_equal(soundfile.read(done.corpus.sounds[0].plain, dtype="float32")[0], np.nan_to_num(y[0]))


def test_more_than_a_wav_can_hold_is_not_copied(desk: Desk, tmp_path: Path) -> None:
    save_sound(tmp_path / "in.flac", noise(0.1, 44100, 1), 44100)
    (sound,) = desk.loaded("in.flac").sounds
    long = CorpusRecord("corpus", 44100, (replace(sound, length=2**31, decoded_length=2**31),))
    done = copies(desk, long)
    assert done.corpus == long
    assert "8192 MB" in done.notices[0]


@pytest.mark.parametrize("rate", [44100, 22050])
def test_a_full_disk_is_an_error_at_whatever_rate(desk: Desk, tmp_path: Path, rate: int) -> None:
    save_sound(tmp_path / "in.flac", noise(2, 44100, 1), 44100)
    corpus = desk.loaded("in.flac", SETTINGS.changed({"sample_rate": rate}))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(FileProblemError, match="File too large"):
            copies(desk, corpus)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.suffix != ".f32" and path.is_file()] == []
