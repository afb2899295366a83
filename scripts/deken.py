"""Packs patches/pd for deken, Pd's package manager: ``python scripts/deken.py [DIR]`` (by default dist/).

Writes oscreorder[v<version>].dek (a zip), and beside it the .sha256 that deken asks for.  There is no architecture in
the name since nothing is compiled.  The same sources give the same bytes.
"""  # noqa: INP001

import hashlib
import sys
import zipfile
from pathlib import Path

import oscreorder

ROOT = Path(__file__).parent.parent
KIT = ROOT / "patches" / "pd"
NAME = "oscreorder"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path) -> Path:
    """Write the package into `folder`, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / f"{NAME}[v{oscreorder.__version__}].dek"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_contents().items()):
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), path.read_bytes(), zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    package.with_name(f"{package.name}.sha256").write_text(f"{digest} *{package.name}\n", encoding="utf-8")
    return package


def _contents() -> dict[str, Path]:
    kit = {f"{NAME}/{path.relative_to(KIT).as_posix()}": path for path in KIT.rglob("*") if path.is_file()}
    return kit | {f"{NAME}/LICENSE.txt": ROOT / "LICENSE", f"{NAME}/README.md": ROOT / "docs" / "clients" / "pd.md"}


if __name__ == "__main__":
    sys.stdout.write(f"{pack(Path(sys.argv[1]) if sys.argv[1:] else ROOT / 'dist')}\n")
