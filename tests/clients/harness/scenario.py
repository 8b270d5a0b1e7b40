"""The story that every library lives through, with a partner from another library.

Ada uses the library under test on two devices; Ben uses its partner. Steps run in the order in
which they stand in the parts; each is one line of the results.
"""

import time

from .absence import Absence
from .chat import PrivateChat
from .driver import DriverError
from .password import Password
from .square import Square
from .stage import STORY_WITHIN_S

PARTS = (PrivateChat, Password, Square, Absence)


def steps_of(part):
    return [(method.step, method) for method in vars(part).values() if hasattr(method, "step")]


STEPS = [step for part in PARTS for step in steps_of(part)]
# What may be run by itself: the part, after the first steps of the story, in which the people come.
SCENARIOS = {"whole": STEPS, "password": steps_of(PrivateChat)[:2] + steps_of(Password)}


class Story(*PARTS):
    """The whole of it."""

    def run(self, scenario="whole"):
        """Runs every step; yields its name and, if it failed, why."""
        for name, method in SCENARIOS[scenario]:
            try:
                if time.monotonic() > self.deadline:
                    raise TimeoutError(f"the story took more than {STORY_WITHIN_S} s")
                method(self)
                yield name, None
            # A missing attribute is what an earlier step did not get as far as setting.
            except (DriverError, AssertionError, AttributeError, KeyError, TimeoutError, OSError) as error:
                yield name, f"{type(error).__name__}: {error}"
