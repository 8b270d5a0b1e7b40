#!/usr/bin/env python3
"""Keeps search clean once around, with clients of three libraries and Chromium; see README.md.

    circle.py setup                                     installs what is needed (needs the network)
    circle.py --programs FOLDER [--pictures FOLDER]     runs the story (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the client tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import shutil
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "browser"))

from desk import chromium, environment  # noqa: E402
from harness import namespace  # noqa: E402
from harness.environments import Environments, default_cache  # noqa: E402
from harness.server import Server  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--programs", type=Path, help="the folder with heliograph and heliograph-verify")
    parser.add_argument("--pictures", type=Path, help="where pictures of the pages go")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where libraries are installed")
    parser.add_argument("--keep", action="store_true", help="keep the logs and sessions, and say where")
    options = parser.parse_args()
    if options.action == "run" and options.programs is None:
        parser.error("--programs is missing")
    return options


def main():
    options = arguments()
    environments = Environments(options.cache)
    if options.action == "setup":
        environments.prepare({"telethon145", "node"})
        chromium.install(options.cache)
        environment.setup(options.cache)
        return 0
    environment.enter(options.cache)
    program = chromium.program(options.cache)
    if program is None:
        sys.exit("no Chromium: call this with `setup` first")
    namespace.enter()
    from desk.browser import Browser
    from harness.circle import STEPS, Circle

    programs = options.programs.resolve()
    folder = Path(tempfile.mkdtemp(prefix="heliograph-circle-"))
    pictures = (options.pictures or folder / "pictures").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    passed = 0
    server = Server(programs / "heliograph", folder)
    try:
        browser = Browser(program, f"http://localhost:{server.port}", folder, pictures)
        circle = Circle(server, programs, environments, folder, browser)
        try:
            for name, method in STEPS:
                try:
                    method(circle)
                except Exception:  # noqa: BLE001 - whatever it is, the step failed
                    # Each step stands on the ones before.
                    print(f"FAIL  {name}\n{traceback.format_exc()}\n--- the server's log\n{server.log_tail()}")
                    browser.picture("circle-failed")
                    break
                passed += 1
                print(f"ok    {name}", flush=True)
        finally:
            circle.end()
            browser.close()
    finally:
        server.stop()
        if options.keep:
            print(f"logs and sessions are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {len(STEPS) - passed} failed")
    return 0 if passed == len(STEPS) else 1


if __name__ == "__main__":
    sys.exit(main())
