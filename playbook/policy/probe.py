"""Runs one regular expression over hostile texts; a process of its own, so that it can be stopped.

Reads the pattern as JSON from standard input. Uses nothing but the standard library: it is started
as a file.
"""

import json
import re
import sys
from itertools import pairwise

LENGTH = 20_000


def hostile_texts(pattern: str, length: int = LENGTH) -> list[str]:
    """Long texts that nearly match: repetitions of what the pattern is made of, with a bad end."""
    literals = list(dict.fromkeys(char for char in pattern if char.isprintable()))[:40]
    usual = ["a", "0", " ", "-", ".", "@", "<a", "a.", "a@", "0-", "http://a", "https://a.", "\n", "中"]
    seeds = dict.fromkeys([*usual, *literals, *(first + second for first, second in pairwise(literals))])
    return [(seed * (length // len(seed) + 1))[:length] + "\x00!" for seed in seeds]


def try_pattern(pattern: str) -> None:
    """Search for *pattern* in every hostile text; how long it takes is what the caller looks at."""
    compiled = re.compile(pattern)
    for text in hostile_texts(pattern):
        for _ in compiled.finditer(text):
            pass


if __name__ == "__main__":
    try_pattern(json.load(sys.stdin))
