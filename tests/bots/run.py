#!/usr/bin/env python3
"""Bots of other people's libraries against a server; see README.md.

    run.py setup                        installs the libraries (needs the network)
    run.py --server BINARY              runs every bot (enters a loopback-only namespace)
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"the bot tests need Python 3.11 or newer, this is {sys.version.split()[0]}")

import argparse
import asyncio
import hashlib
import os
import shutil
import subprocess
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

from harness import files, namespace  # noqa: E402
from harness.environments import default_cache  # noqa: E402
from harness.server import Server  # noqa: E402

REQUIREMENTS = HERE / "requirements.txt"
NODE_FILES = [HERE / "node" / name for name in ("package.json", "package-lock.json", ".npmrc")]
BOTS = {
    "python-telegram-bot": ["python", "python_telegram_bot.py"],
    "aiogram": ["python", "aiogram_bot.py"],
    "grammY": ["node", "grammy.mjs"],
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["setup", "run"], default="run")
    parser.add_argument("--server", type=Path, help="the heliograph binary")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the libraries are installed")
    options = parser.parse_args()
    if options.action == "run" and options.server is None:
        parser.error("--server is missing")
    return options


def digest(files):
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def venv(cache):
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return cache.resolve() / f"venv-bots-{version}-{digest([REQUIREMENTS])}"


def packages(cache):
    return cache.resolve() / f"node-bots-{digest(NODE_FILES)}"


def install(place, steps):
    """Runs `steps` unless they were run before; what an interrupted run left is not trusted."""
    if (place / "complete").exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    print(f"installing {place.name}", flush=True)
    place.mkdir(parents=True)
    steps(place)
    (place / "complete").touch()


def install_venv(place):
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--disable-pip-version-check", "--requirement", str(REQUIREMENTS)], check=True)


def install_node(place):
    for file in NODE_FILES:
        shutil.copy(file, place)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place, check=True)


class Steps:
    """What was tried with one library, and how it went."""

    def __init__(self, library):
        self.library, self.passed, self.failed = library, 0, 0

    async def step(self, name, act):
        try:
            result = await act
            self.passed += 1
            print(f"ok    {self.library}: {name}", flush=True)
            return result
        except Exception:
            self.failed += 1
            print(f"FAIL  {self.library}: {name}\n{traceback.format_exc()}", flush=True)
            return None


async def story(library, number, person, server, cache, folder):
    """One bot's life."""
    steps = Steps(library)
    username = f"echo_{number}_bot"
    token = await steps.step("is made through @BotFather", person.make_bot(f"Echo {number}", username))
    if not token:
        return steps
    kind, script = BOTS[library]
    base_url = f"http://{server.host}:{server.port}"
    environment = {**os.environ, "TOKEN": token, "BASE_URL": base_url, "CLIENT_PACKAGES": str(packages(cache))}
    interpreter = [str(venv(cache) / "bin/python"), "-B"] if kind == "python" else ["node"]
    log = folder / f"{number}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [*interpreter, str(HERE / "bots" / script)], env=environment, stdout=out, stderr=out
        )
    try:
        hello = await steps.step("answers /start in HTML, with a button", start(person, username))
        if hello:
            await steps.step("answers a pressed button and changes its message", press(person, username, hello))
        await steps.step("echoes a text with an emoji", echo(person, username))
        await steps.step("fetches a photo and sends it back", photo(person, username, folder))
        await steps.step("sees in a group only what concerns it", in_a_group(person, username, number))
    finally:
        process.terminate()
        process.wait(10)
    if steps.failed:
        print(f"--- end of the bot's log\n{log.read_text(errors='replace')[-3000:]}", flush=True)
    return steps


async def start(person, username):
    hello = await person.ask(username, "/start")
    assert hello.message.startswith("Hello, Ada"), hello.message
    assert hello.entities, "the name is not styled"
    assert hello.reply_markup, "there is no button"
    return hello


async def press(person, username, hello):
    answer = await person.press(hello)
    assert answer.message == "Thank you", answer
    await person.until(username, lambda found: [m for m in found if m.id == hello.id and m.message == "It was pressed"])


async def echo(person, username):
    answer = await person.ask(username, "hello 😀 there")
    assert answer.message == "hello 😀 there", answer.message


async def photo(person, username, folder):
    path = files.picture(folder / "photo.png")
    sent = await person.client.send_file(username, path, caption="a photo")

    def answered(found):
        new = [message for message in found if message.id > sent.id]
        return [new] if len(new) >= 2 else []

    copy, again = sorted(await person.until(username, answered), key=lambda message: message.id)[:2]
    assert (copy.message, copy.file.name, len(copy.entities)) == ("copied", "copy.jpg", 1), copy
    assert again.message == "again" and again.photo.id == sent.photo.id, again
    assert await copy.download_media(bytes) == await sent.download_media(bytes), "the copy is another picture"


async def in_a_group(person, username, number):
    group = await person.group_with(f"Group {number}", username)
    sent = await person.client.send_message(group, "not for the bot")
    assert await person.silent(group, sent.id), "it answered what was not for it"
    sent = await person.client.send_message(group, f"/start@{username}")
    hello = await person.after(group, sent.id)
    assert hello.message.startswith("Hello, Ada"), hello.message
    sent = await person.client.send_message(group, "an answer to it", reply_to=hello.id)
    assert (await person.after(group, sent.id)).message == "an answer to it"


async def all_bots(options, folder):
    from person import Person

    server = Server(options.server.resolve(), folder)
    try:
        person = Person(server)
        await person.sign_up("+9996600001", "Ada")
        done = [
            await story(library, number, person, server, options.cache, folder)
            for number, library in enumerate(BOTS, 1)
        ]
        await person.client.disconnect()
        if any(steps.failed for steps in done):
            print(f"--- end of the server's log\n{server.log_tail()}", flush=True)
    finally:
        server.stop()
    print(f"{sum(steps.passed for steps in done)} passed, {sum(steps.failed for steps in done)} failed")
    return 1 if any(steps.failed for steps in done) else 0


def main():
    options = arguments()
    if options.action == "setup":
        install(venv(options.cache), install_venv)
        install(packages(options.cache), install_node)
        return 0
    namespace.enter()
    # The person's library lies in the environment, not beside this script.
    python = venv(options.cache) / "bin/python"
    if Path(sys.executable).resolve() != python.resolve() or "bots" not in sys.prefix:
        os.execv(str(python), [str(python), "-B", *sys.argv])
    folder = Path(tempfile.mkdtemp(prefix="heliograph-bots-"))
    try:
        return asyncio.run(all_bots(options, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
