"""Lets released versions of Telethon judge what the transcoder writes.

Each version knows exactly one layer. It must read every frame of that layer to its last byte, and
write the same bytes again. Frames are made by the example `oracle_frames` of heliograph-layers from
a seed; versions that are missing are installed with pip.

    python run.py [--all] [--seed N] [--count N] [--frames DIR] [--telethon-dir DIR]
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Telethon version and the layer it was released for. 1.40.0 is left out: PyPI has two wheels of it,
# one of layer 201 and one of 214.
VERSIONS = {
    "1.25.4": 144,
    "1.28.5": 155,
    "1.30.3": 162,
    "1.34.0": 173,
    "1.36.0": 181,
    "1.38.1": 193,
    "1.39.0": 199,
    "1.41.2": 214,
    "1.42.0": 216,
    "1.43.2": 224,
    "1.44.0": 227,
    "1.45.0": 229,
}

# What every run of the tests checks: the oldest, the newest, and two between. `--all` takes the rest.
USUAL = ["1.25.4", "1.36.0", "1.42.0", "1.45.0"]

# The canonical layer, in which raised requests are written.
CANONICAL = 227


def main() -> int:
    """Checks every version; gives the number of those that disagreed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every version, not only the usual four")
    parser.add_argument("--seed", type=int, default=1, help="of the random values")
    parser.add_argument("--count", type=int, default=10, help="how many of each constructor")
    parser.add_argument("--frames", type=Path, help="a folder of ready frames")
    parser.add_argument("--telethon-dir", type=Path, default=cache(), help="where versions are installed")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as made:
        frames = options.frames or make_frames(Path(made), options.seed, options.count)
        versions = list(VERSIONS) if options.all else USUAL
        agreed = sum(agrees(version, frames, options.telethon_dir) for version in versions)
    disagreed = len(versions) - agreed
    print(f"{agreed} passed, {disagreed} failed")
    return disagreed


def cache() -> Path:
    """Where installed versions are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "heliograph/oracles/telethon"


def make_frames(folder: Path, seed: int, count: int) -> Path:
    """Has the transcoder write frames of every layer."""
    command = ["cargo", "run", "--quiet", "--package", "heliograph-layers", "--example", "oracle_frames"]
    arguments = ["--", folder, str(seed), str(count)]
    root = Path(__file__).resolve().parents[3]
    subprocess.run([*command, *arguments], check=True, cwd=root, stdout=subprocess.DEVNULL)
    return folder


def agrees(version: str, frames: Path, telethon_dir: Path) -> bool:
    """Has one version judge the frames of its layer, in a process of its own."""
    layer = VERSIONS[version]
    files = [frames / f"down-{layer}.frames"]
    if layer == CANONICAL:
        files.append(frames / "up.frames")
    judge = Path(__file__).with_name("judge.py")
    installed = install(version, telethon_dir)
    result = subprocess.run([sys.executable, "-B", judge, installed, *files], check=False)
    return result.returncode == 0


def pip_python(folder: Path) -> str:
    """A Python that has pip: this one, or one in an environment that is made for it."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    environment = folder / "pip"
    if not (environment / "bin/pip").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    return str(environment / "bin/python")


def install(version: str, folder: Path) -> Path:
    """Installs one version into a folder of its own, unless it is there."""
    target = folder / version
    if not (target / "telethon").is_dir():
        command = [pip_python(folder), "-m", "pip", "install", "--quiet", "--no-deps", "--root-user-action=ignore", "--target", target]
        subprocess.run([*command, f"telethon=={version}"], check=True)
    return target


if __name__ == "__main__":
    sys.exit(main())
