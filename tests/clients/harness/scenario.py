"""The story that every library lives through, with a partner from another library.

Ada uses the library under test on two devices; Ben uses its partner. Steps run in the order in
which they stand in the parts; each is one line of the results.
"""

import time

from .absence import Absence
from .chat import PrivateChat
from .driver import DriverError
from .square import Square
from .stage import STORY_WITHIN_S

PARTS = (PrivateChat, Square, Absence)
STEPS = [(method.step, method) for part in PARTS for method in vars(part).values() if hasattr(method, "step")]


class Story(*PARTS):
    """The whole of it."""

    def run(self):
        """Runs every step; yields its name and, if it failed, why."""
        for name, method in STEPS:
            try:
                if time.monotonic() > self.deadline:
                    raise TimeoutError(f"the story took more than {STORY_WITHIN_S} s")
                method(self)
                yield name, None
            # A missing attribute is what an earlier step did not get as far as setting.
            except (DriverError, AssertionError, AttributeError, KeyError, TimeoutError, OSError) as error:
                yield name, f"{type(error).__name__}: {error}"
