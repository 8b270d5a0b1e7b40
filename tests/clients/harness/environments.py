"""Installs the libraries, each version in a place of its own under the cache folder.

A place is named after a hash of the file that pins its contents, so a fresh clone finds what an
earlier one installed, and a changed pin never meets old packages.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .libraries import CLIENTS

NODE_FILES = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NODE = 18


def default_cache():
    """The folder that outlives clones: `$XDG_CACHE_HOME/heliograph`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "heliograph"


class Environments:
    """Where each environment lies, and how it comes there."""

    def __init__(self, cache):
        self.cache = Path(cache).resolve()

    def prepare(self, names):
        """Installs what is missing of `names`; touches the network, so it runs outside."""
        self.cache.mkdir(parents=True, exist_ok=True)
        for name in sorted(set(names)):
            if name == "cargo":
                self._build_grammers()
            elif name == "node":
                self._install(self.node(), self._install_node)
            else:
                self._install(self.venv(name), lambda place, name=name: _install_venv(place, name))

    def venv(self, name):
        """The virtual environment of `requirements/<name>.txt`."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return self.cache / f"venv-{name}-py{python}-{_digest([_requirements(name)])}"

    def node(self):
        """The folder whose `node_modules` holds the npm packages."""
        return self.cache / f"node-{_digest([CLIENTS / 'node' / name for name in NODE_FILES])}"

    def command(self, library):
        """The command line of a library's driver, and what to add to its environment."""
        if library.environment == "cargo":
            return [str(self._grammers_target() / "debug" / "grammers-driver")], {}
        if library.environment == "node":
            script = CLIENTS / "node" / library.script
            return ["node", str(script)], {"CLIENT_PACKAGES": str(self.node())}
        return self.python(library.environment, library.script), {}

    def python(self, venv, script):
        """The command line of a Python driver; it leaves no bytecode in the repository."""
        return [str(self.venv(venv) / "bin" / "python"), "-B", str(CLIENTS / "python" / script)]

    def _install(self, place, install):
        complete = place / "complete"
        if complete.exists():
            return
        # What an interrupted run left is not trusted.
        shutil.rmtree(place, ignore_errors=True)
        print(f"installing {place.name}", flush=True)
        install(place)
        complete.touch()

    def _install_node(self, place):
        found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        if int(found.stdout.lstrip("v").split(".")[0]) < OLDEST_NODE:
            sys.exit(f"the npm client libraries need Node {OLDEST_NODE} or newer, found {found.stdout.strip()}")
        place.mkdir()
        for name in NODE_FILES:
            shutil.copy(CLIENTS / "node" / name, place)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place)

    def _grammers_target(self):
        return self.cache / "grammers-target"

    def _build_grammers(self):
        manifest = CLIENTS / "grammers" / "Cargo.toml"
        environment = {**os.environ, "CARGO_TARGET_DIR": str(self._grammers_target())}
        _run(["cargo", "build", "--quiet", "--locked", "--manifest-path", str(manifest)], env=environment)


def _install_venv(place, name):
    _run([sys.executable, "-m", "venv", str(place)])
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    _run([*pip, "--disable-pip-version-check", "--requirement", str(_requirements(name))])


def _requirements(name):
    return CLIENTS / "requirements" / f"{name}.txt"


def _digest(files):
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _run(command, **options):
    done = subprocess.run(command, **options)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
