"""Whether a kernel can be reached by a socket in the file system, which is faster than a port."""

import os
from pathlib import Path

LONGEST = 103
"""Bytes of a socket's path that every POSIX system takes: Linux 107, macOS 103."""


def fits(path: Path) -> bool:
    """Whether a socket can have that path here."""
    return os.name == "posix" and len(os.fsencode(path)) <= LONGEST
