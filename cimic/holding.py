"""What a web process holds: memory that was let go of goes back to the system (decision 56)."""

import ctypes
from contextlib import suppress

# Of <malloc.h>; musl and others have no such call, and no such habit.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE = 128 * 1024


def give_back_early() -> None:
    """Have all threads share one heap, and whatever is large be mapped by itself.

    Else glibc keeps a heap for each thread, each as large as the largest page that it ever made:
    8 MiB a process with four threads. Python's threads take memory one after the other anyway.
    """
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_TRIM_THRESHOLD, LARGE)
        mallopt(M_MMAP_THRESHOLD, LARGE)
