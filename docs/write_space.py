"""Writes the folder of a Docker Space, what the Dockerfile copies and the Space's README: ``python docs/write_space.py FOLDER``."""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "docs" / "space" / "README.md"


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """Instruction and argument of each step, continued lines joined, comments left out."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, argument.strip()) for name, _, argument in (line.strip().partition(" ") for line in joined.splitlines())]


def copied(argument: str) -> tuple[list[str], str]:
    """Sources and target of a COPY step."""
    words = json.loads(argument) if argument.startswith("[") else [word for word in argument.split() if not word.startswith("--")]
    return words[:-1], words[-1]


def write_space(folder: Path) -> None:
    """Fills ``folder``, which must be empty or missing.

    Raises:
        FileExistsError: something is in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    dockerfile = ROOT / "Dockerfile"
    sources = [source for name, argument in steps(dockerfile.read_text("utf-8")) if name == "COPY" for source in copied(argument)[0]]
    for source in (*sources, "Dockerfile", ".dockerignore"):
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / source, target)
    shutil.copyfile(CARD, folder / "README.md")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected one folder: python docs/write_space.py FOLDER")
    write_space(Path(sys.argv[1]))
