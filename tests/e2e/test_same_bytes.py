"""The same sound, seed and settings give the same file, whoever asks; each client's own test compares it too."""

from pathlib import Path

from dialogue import ANALYSIS, SOUND

from oscreorder import read_sound, reorder, save_sound


def test_python_renders_the_bytes_of_the_command_line(root: Path, reference: bytes, tmp_path: Path) -> None:
    y, sr = read_sound(root / SOUND)
    assert ANALYSIS[::2] == ("win_length", "hop_length")
    rendered, _ = reorder(y, sr, win_length=int(ANALYSIS[1]), hop_length=int(ANALYSIS[3]))
    save_sound(tmp_path / "python.wav", rendered, sr)
    assert (tmp_path / "python.wav").read_bytes() == reference
