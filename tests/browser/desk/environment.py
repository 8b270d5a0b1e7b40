"""The Python environment that drives the browser, at its pins, in the cache folder."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def place(cache):
    """The virtual environment that these pins belong to."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return cache.resolve() / f"venv-browser-py{sys.version_info.major}.{sys.version_info.minor}-{digest}"


def setup(cache):
    own = place(cache)
    if (own / "complete").exists():
        return
    # What an interrupted run left is not trusted.
    shutil.rmtree(own, ignore_errors=True)
    print(f"installing {own.name}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
    pip = [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--disable-pip-version-check", "--requirement", str(REQUIREMENTS)], check=True)
    (own / "complete").touch()


def enter(cache):
    """Returns inside that environment, after starting this script again if need be."""
    own = place(cache)
    if Path(sys.prefix).resolve() != own.resolve():
        python = own / "bin" / "python"
        os.execv(python, [str(python), "-B", *sys.argv])
