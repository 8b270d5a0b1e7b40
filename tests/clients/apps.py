#!/usr/bin/env python3
"""Lets TDLib and Telegram Desktop live through their stories; see README.md.

    apps.py setup                                     installs what is needed (needs the network)
    apps.py --server PATH [--pictures FOLDER]         runs the stories (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the client tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import shutil
import tempfile
import traceback
from pathlib import Path

from harness import desktop, namespace, secret, secret_between, tdesktop, tdlib
from harness.environments import Environments, default_cache
from harness.server import Server


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--server", type=Path, help="the heliograph binary")
    parser.add_argument("--only", choices=["tdlib", "secret", "secret-between", "tdesktop"], help="tell only this story")
    parser.add_argument("--pictures", type=Path, help="where pictures of Telegram Desktop go")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where libraries are installed")
    parser.add_argument("--keep", action="store_true", help="keep the logs and databases, and say where")
    options = parser.parse_args()
    if options.action == "run" and options.server is None:
        parser.error("--server is missing")
    return options


def tell(story, steps, server):
    """Runs the steps of a story until one fails; answers how many passed."""
    passed = 0
    for name, method in steps:
        try:
            method(story)
        except Exception:  # noqa: BLE001 - whatever it is, the step failed
            # Each step stands on the ones before.
            print(f"FAIL  {name}\n{traceback.format_exc()}\n--- the server's log\n{server.log_tail()}")
            for driver in story.drivers:
                recent = [seen["event"] for seen in driver.events][-8:]
                print(f"--- {driver.title}, last seen {recent}\n{driver.log_tail()}")
            for log in story.folder.rglob("td.log"):
                print(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-12:]))
            break
        passed += 1
        print(f"ok    {name}", flush=True)
    return passed


def main():
    options = arguments()
    environments = Environments(options.cache)
    if options.action == "setup":
        environments.prepare({"telethon145", "tdlib", "tg_secret"})
        return 0
    namespace.enter()
    if lacking := desktop.missing():
        sys.exit(f"a screen is missing: install {' '.join(lacking)}")
    folder = Path(tempfile.mkdtemp(prefix="heliograph-apps-"))
    pictures = (options.pictures or folder / "pictures").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    program = options.server.resolve()
    stories = {
        "tdlib": (tdlib, ()),
        "secret": (secret, ()),
        "secret-between": (secret_between, ()),
        "tdesktop": (tdesktop, (program, pictures)),
    }
    passed = wanted = 0
    try:
        for name, (story, more) in stories.items():
            if options.only not in (None, name):
                continue
            place = folder / name
            place.mkdir()
            server = Server(program, place)
            told = story.Story(server, environments, place, *more)
            try:
                passed += tell(told, story.STEPS, server)
            finally:
                told.end()
                server.stop()
            wanted += len(story.STEPS)
    finally:
        if options.keep:
            print(f"logs and databases are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {wanted - passed} failed")
    return 0 if passed == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
