"""The driver side of the harness: requests as JSON lines on stdin, answers and events on stdout.

A request is `{"request": 1, "do": "edit", "peer": "@ada", "id": 7, "text": "hello"}`; it is answered
by `{"request": 1, "ok": true, ...}` or `{"request": 1, "ok": false, "error": "..."}`. Between answers a driver
writes `{"event": "new_message", ...}` for whatever its library hands to an update handler.
"""

import asyncio
import json
import os
import sys
import threading


def refuse_outside_loopback():
    """Exits unless `lo` is the only network interface.

    `/proc/self/net/dev` follows the network namespace of this process; `/sys/class/net` shows the
    namespace in which sysfs was mounted, which may be another one.
    """
    with open("/proc/self/net/dev", encoding="ascii") as table:
        names = [line.split(":")[0].strip() for line in table.readlines()[2:]]
    if names != ["lo"]:
        sys.exit(f"a client library may only run where lo is the only interface, here: {names}")


def emit(message):
    """Writes one JSON line to the harness."""
    sys.stdout.write(json.dumps(message, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def read_lines_into(queue, loop):
    """Feeds stdin to `queue` from a thread; None marks the end."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(queue.put_nowait, line)
    loop.call_soon_threadsafe(queue.put_nowait, None)


async def serve(driver):
    """Answers requests one after another with the `do_<verb>` methods of `driver`."""
    refuse_outside_loopback()
    queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=read_lines_into, args=(queue, loop), daemon=True).start()
    while (line := await queue.get()) is not None:
        request = json.loads(line)
        number, verb = request.pop("request"), request.pop("do")
        try:
            answer = await getattr(driver, f"do_{verb}")(**request) or {}
            emit({"request": number, "ok": True, **answer})
        except Exception as error:  # whatever a library raises is a result of the test
            emit({"request": number, "ok": False, "error": f"{type(error).__name__}: {error}"})
        if verb in ("disconnect", "log_out"):
            # A library that keeps threads or tasks alive must not keep the process.
            os._exit(0)
