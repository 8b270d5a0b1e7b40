#!/usr/bin/env python3
"""Drives the web page in Chromium, with people of Telethon at the other end; see README.md.

    web.py setup                                      installs what is needed (needs the network)
    web.py --programs FOLDER [--pictures FOLDER]      runs the story (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the browser tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import shutil
import subprocess
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
WEB = HERE.parent.parent / "web"
sys.path.insert(0, str(HERE.parent / "clients"))

from desk import chromium, environment  # noqa: E402
from harness import namespace  # noqa: E402
from harness.environments import Environments, default_cache  # noqa: E402
from harness.server import Server  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--programs", type=Path, help="the folder with heliograph, built with the web page in it")
    parser.add_argument("--pictures", type=Path, help="where pictures of the page go")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where libraries are installed")
    parser.add_argument("--keep", action="store_true", help="keep the server's data, and say where")
    options = parser.parse_args()
    if options.action == "run" and options.programs is None:
        parser.error("--programs is missing")
    return options


def setup(cache):
    Environments(cache).prepare({"telethon145"})
    chromium.install(cache)
    environment.setup(cache)
    # axe comes with what the page is built with.
    if not (WEB / "node_modules/axe-core").exists():
        subprocess.run(["npm", "ci"], cwd=WEB, check=True)


def main():
    options = arguments()
    if options.action == "setup":
        setup(options.cache)
        return 0
    environment.enter(options.cache)
    program = chromium.program(options.cache)
    if program is None:
        sys.exit("no Chromium: call this with `setup` first")
    namespace.enter()
    from chat.house import House
    from chat.story import STEPS

    folder = Path(tempfile.mkdtemp(prefix="heliograph-web-"))
    pictures = (options.pictures or folder / "pictures").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    passed = 0
    server = Server(options.programs.resolve() / "heliograph", folder)
    try:
        house = House(program, server, Environments(options.cache), folder, pictures)
        try:
            for step in STEPS:
                title = step.__doc__.splitlines()[0]
                try:
                    step(house)
                    house.nothing_broke()
                except Exception:  # noqa: BLE001 - whatever it is, the step failed
                    # Each step stands on the ones before.
                    print(f"FAIL  {title}\n{traceback.format_exc()}\n--- the server's log\n{server.log_tail()}")
                    house.page.screenshot(path=pictures / "web-failed.png")
                    break
                passed += 1
                print(f"ok    {title}", flush=True)
        finally:
            house.close()
    finally:
        server.stop()
        if options.keep:
            print(f"the data is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {len(STEPS) - passed} failed")
    return 0 if passed == len(STEPS) else 1


if __name__ == "__main__":
    sys.exit(main())
