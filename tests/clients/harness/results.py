"""Results, known gaps, and how they are shown."""

import json
import tomllib

from .libraries import CLIENTS, LIBRARIES
from .scenario import STEPS

RESULTS = CLIENTS / "results.jsonl"
GAPS = CLIENTS / "gaps.toml"
MARKS = {"pass": "ok", "fail": "FAIL", "gap": "gap"}


def load_gaps():
    """Reasons by (client, step); a gap that names neither is an error in the file."""
    with open(GAPS, "rb") as file:
        gaps = tomllib.load(file).get("gap", [])
    steps = {name for name, _ in STEPS}
    reasons = {}
    for gap in gaps:
        for client in gap["clients"]:
            if client not in LIBRARIES or gap["step"] not in steps:
                raise SystemExit(f"gaps.toml names no client or step of ours: {client}, {gap['step']}")
            reasons[client, gap["step"]] = gap["reason"]
    return reasons


class Results:
    """What became of each (client, step)."""

    def __init__(self):
        self.gaps = load_gaps()
        self.outcomes = {}
        self.reasons = {}

    def record(self, client, step, failure):
        """Takes in one step; a known gap must fail, and one that no longer does is a failure."""
        known = (client, step) in self.gaps
        if failure is None:
            self.outcomes[client, step] = "fail" if known else "pass"
            self.reasons[client, step] = "passes although gaps.toml lists it: remove the entry"
        else:
            self.outcomes[client, step] = "gap" if known else "fail"
            self.reasons[client, step] = failure

    def failures(self, client=None):
        """(client, step, reason) of all that failed."""
        return [
            (who, step, self.reasons[who, step])
            for (who, step), outcome in self.outcomes.items()
            if outcome == "fail" and client in (None, who)
        ]

    def table(self):
        """Steps down, clients across."""
        clients = [name for name in LIBRARIES if any(who == name for who, _ in self.outcomes)]
        width = max(len(step) for step, _ in STEPS)
        rows = [" " * width + "".join(f"  {client:>16}" for client in clients)]
        layers = (f"layer {LIBRARIES[client].layer}" for client in clients)
        rows.append(" " * width + "".join(f"  {layer:>16}" for layer in layers))
        for step, _ in STEPS:
            marks = (MARKS.get(self.outcomes.get((client, step)), "-") for client in clients)
            rows.append(f"{step:<{width}}" + "".join(f"  {mark:>16}" for mark in marks))
        return "\n".join(rows)

    def summary(self):
        """The line that others read: `N passed, N failed`."""
        outcomes = list(self.outcomes.values())
        return f"{outcomes.count('pass')} passed, {outcomes.count('fail')} failed"

    def write(self):
        """Writes `results.jsonl`; clients that were not run keep their lines."""
        lines = {}
        if RESULTS.exists():
            for line in map(json.loads, RESULTS.read_text().splitlines()):
                lines[line["client"], line["step"]] = line
        for (client, step), outcome in self.outcomes.items():
            library = LIBRARIES[client]
            lines[client, step] = {
                "client": client,
                "version": library.version,
                "layer": library.layer,
                "transport": library.transport,
                "partner": library.partner,
                "step": step,
                "result": outcome,
            }
        order = [(client, step) for client in LIBRARIES for step, _ in STEPS]
        text = "".join(json.dumps(lines[key]) + "\n" for key in order if key in lines)
        RESULTS.write_text(text)
