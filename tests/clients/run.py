#!/usr/bin/env python3
"""Drives unmodified client libraries against a Heliograph server; see README.md.

    run.py setup [--only NAME]              installs the libraries (needs the network)
    run.py --server PATH [--only NAME]      runs the scenarios (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the client tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import namespace
from harness.environments import Environments, default_cache
from harness.libraries import LIBRARIES
from harness.results import Results
from harness.scenario import SCENARIOS, Story
from harness.server import Server

PATIENCE_S = 30
PATIENCE_WITH_A_GAP_S = 2
CATCH_UP = "catch up on 300 missed events by the library's own means"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--server", type=Path, help="the heliograph binary")
    parser.add_argument("--only", action="append", choices=LIBRARIES, help="run only this library; repeatable")
    parser.add_argument("--scenario", choices=SCENARIOS, default="whole", help="run only this part of the story")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where libraries are installed")
    parser.add_argument("--jobs", type=int, default=2, help="how many libraries run at a time")
    parser.add_argument("--keep", action="store_true", help="keep the logs and sessions, and say where")
    options = parser.parse_args()
    if options.action == "run" and options.server is None:
        parser.error("--server is missing")
    return options


def needed_environments(names):
    """The environments of these libraries and their partners."""
    libraries = [LIBRARIES[name] for name in names]
    libraries += [LIBRARIES[library.partner] for library in libraries]
    needed = {library.environment for library in libraries}
    # grammers is given a key that Telethon agreed on.
    return needed | ({"telethon145"} if "cargo" in needed else set())


def run_story(name, scenario, server, environments, folder, results):
    """Lets one library live through the story and prints what went wrong."""
    library = LIBRARIES[name]
    folder = folder / name
    folder.mkdir()
    gap = (name, CATCH_UP) in results.gaps
    number = list(LIBRARIES).index(name) + 1
    patience_s = PATIENCE_WITH_A_GAP_S if gap else PATIENCE_S
    story = Story(library, LIBRARIES[library.partner], server, environments, folder, number, patience_s)
    try:
        for step, failure in story.run(scenario):
            results.record(name, step, failure)
    finally:
        story.end()
    report = [f"{name} with {library.partner}: {len(results.failures(name))} failed"]
    for _, step, reason in results.failures(name):
        report.append(f"  {step}: {reason}")
    if results.failures(name):
        for driver in story.drivers:
            report.append(f"--- {driver.title}, end of its log\n{driver.log_tail()}")
    print("\n".join(report), flush=True)


def main():
    options = arguments()
    names = options.only or list(LIBRARIES)
    environments = Environments(options.cache)
    if options.action == "setup":
        environments.prepare(needed_environments(names))
        return 0
    namespace.enter()
    results = Results()
    folder = Path(tempfile.mkdtemp(prefix="heliograph-clients-"))
    try:
        server = Server(options.server.resolve(), folder)
        try:
            with ThreadPoolExecutor(options.jobs) as pool:
                runs = [
                    pool.submit(run_story, name, options.scenario, server, environments, folder, results)
                    for name in names
                ]
                for run in runs:
                    run.result()
            crashed = server.process.poll() is not None
        finally:
            code = server.stop()
        if results.failures() or crashed:
            print(f"--- the server ended with {code}; end of its log\n{server.log_tail()}")
    finally:
        if options.keep:
            print(f"logs and sessions are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    results.write()
    print(results.table())
    print(results.summary())
    return 1 if results.failures() or crashed else 0


if __name__ == "__main__":
    sys.exit(main())
