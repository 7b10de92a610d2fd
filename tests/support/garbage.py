"""What a test run imports and collects lives as long as the run: the garbage collector is spared looking at it.

Half a million objects would be gone through every few tests, a tenth of a run's time. Garbage of the tests themselves
is collected as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_of_it_stays() -> Iterator[None]:
    """Collect nothing meanwhile, and never what was made meanwhile."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
