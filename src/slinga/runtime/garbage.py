"""When Python looks for garbage.

In: nothing. Out: a block during which no cyclic collection runs, or a process in which few do. Always true:
after a block collection is as it was before; blocks may nest; what is in cycles is found in the end.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """For a batch of many small values that live until its end and hold no cycles.

    The collector would walk them again and again, and find nothing: two thirds of a worker's time went there.
    Let go of the batch inside the block; what is left in cycles is found right after it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def collect_rarely() -> None:
    """For a process that makes many values in waves, such as items of requests; call it once it is set up.

    What exists now stays for good and is never walked again; of what comes, only a larger wave is looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
