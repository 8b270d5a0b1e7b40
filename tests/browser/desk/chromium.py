"""Finds a Chromium that can be driven, or installs one.

Ubuntu has Chromium only as a snap, which neither runs on a machine without snapd (a container, say) nor in the
tests' network namespace. There, a headless one comes from npm; it is linked to nothing but libnss3 and libexpat1.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
NODE = Path(__file__).resolve().parent.parent / "node"
NODE_FILES = [NODE / name for name in ("package.json", "package-lock.json", ".npmrc")]
# The package holds the program compressed with brotli, which Python does not read and Node does.
UNPACK = """
const fs = require("node:fs"), zlib = require("node:zlib"), { pipeline } = require("node:stream/promises");
const [packed, program] = process.argv.slice(1);
pipeline(fs.createReadStream(packed), zlib.createBrotliDecompress(), fs.createWriteStream(program, { mode: 0o755 }));
"""


def of_the_system():
    """The system's own program, unless it is a snap or the script that asks for one."""
    for program in filter(None, map(shutil.which, NAMES)):
        told = subprocess.run([program, "--version"], capture_output=True, text=True)
        if told.returncode == 0 and "snap" not in told.stdout.split():
            return program
    return None


def program(cache):
    """The program to drive."""
    installed = _place(cache) / "chromium"
    return of_the_system() or (str(installed) if installed.exists() else None)


def install(cache):
    """Installs one into the cache folder, if the system has none."""
    place = _place(cache)
    if of_the_system() or (place / "complete").exists():
        return
    if platform.machine() != "x86_64":
        sys.exit("no Chromium: the one of npm is built for x86-64 only; install one that is not a snap")
    # What an interrupted run left is not trusted.
    shutil.rmtree(place, ignore_errors=True)
    print(f"installing {place.name}", flush=True)
    place.mkdir(parents=True)
    for file in NODE_FILES:
        shutil.copy(file, place)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place, check=True)
    packed = place / "node_modules/@sparticuz/chromium/bin/chromium.br"
    subprocess.run(["node", "--eval", UNPACK, str(packed), str(place / "chromium")], check=True)
    (place / "complete").touch()


def _place(cache):
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in NODE_FILES)).hexdigest()[:12]
    return cache.resolve() / f"node-browser-{digest}"
