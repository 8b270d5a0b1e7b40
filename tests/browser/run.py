#!/usr/bin/env python3
"""Drives the pages of the desk in Chromium, from an order to the package; see README.md.

    run.py setup                                      installs the driver, and a Chromium where none is (needs the network)
    run.py --programs FOLDER [--pictures FOLDER]      runs the story (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the browser tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import shutil
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

from desk import chromium, environment  # noqa: E402
from harness import namespace  # noqa: E402
from harness.environments import default_cache  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--programs", type=Path, help="the folder with heliograph, heliograph-officer and heliograph-verify")
    parser.add_argument("--pictures", type=Path, help="where pictures of the pages go")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the driver is installed")
    parser.add_argument("--keep", action="store_true", help="keep the demonstration's data, and say where")
    options = parser.parse_args()
    if options.action == "run" and options.programs is None:
        parser.error("--programs is missing")
    return options


def main():
    options = arguments()
    if options.action == "setup":
        chromium.install(options.cache)
        environment.setup(options.cache)
        return 0
    environment.enter(options.cache)
    program = chromium.program(options.cache)
    if program is None:
        sys.exit("no Chromium: call this with `setup` first")
    namespace.enter()
    from desk.story import STEPS, Story

    folder = Path(tempfile.mkdtemp(prefix="heliograph-browser-"))
    pictures = (options.pictures or folder / "pictures").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    try:
        with Story(program, options.programs.resolve(), folder, pictures) as story:
            for step in STEPS:
                title = step.__doc__.splitlines()[0].rstrip(".")
                try:
                    step(story)
                    story.nothing_broke()
                except Exception:  # noqa: BLE001 - whatever it is, the step failed
                    failed += 1
                    print(f"FAIL  {title}\n{traceback.format_exc()}", flush=True)
                    story.picture(f"failed-{step.__name__}")
                    # Each step stands on the ones before.
                    break
                passed += 1
                print(f"ok    {title}", flush=True)
            failed += len(STEPS) - passed - failed
    finally:
        if options.keep:
            print(f"the data is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
