"""Speed of reading against rapidfuzz alone: run ``python tests/measured/bench_reading.py``.

One message of 1,500 characters against 40 order lines in each language. The baseline of the same run
is the least that fuzzy matching could cost: ``rapidfuzz.process.cdist`` of every clause with every
title by WRatio. Exit code 1 when a reading takes longer than the limit.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable

from rapidfuzz import fuzz, process

from playbook.intake import LineRef, read

LIMIT_MS = 15.0
LENGTH = 1500
_COLOURS = ("RED", "BLUE", "GREEN", "IVORY", "PINK", "BLACK", "WHITE", "CREAM")
_THINGS = ("CERAMIC MUG", "GLASS VASE SMALL", "WOODEN TRAY", "PAPER NAPKINS PACK OF 20", "WALL CLOCK")
LINES = tuple(
    LineRef(number, f"KX-{number:03d}", f"{_COLOURS[number % 8]} {_THINGS[number % 5]} No {number}", 12)
    for number in range(1, 41)
)
SENTENCES = {
    "en": "Three of the red ceramic mugs arrived broken, 2 blue glass vases are missing, and the wall clock in pink is fine. "
    "We unpacked everything yesterday with two colleagues and would like to hear from you how we should go on from here. ",
    "de": "Drei der roten Keramiktassen sind zerbrochen, 2 blaue Glasvasen fehlen, und die rosa Wanduhr ist in Ordnung. "
    "Wir haben gestern zu zweit alles ausgepackt und wüssten gern von Ihnen, wie es nun weitergehen soll. ",
    "zh": "红色陶瓷马克杯碎了3个，蓝色玻璃花瓶少了两个，粉色挂钟没问题。我们昨天和同事一起拆箱清点，希望您尽快告诉我们接下来应该怎样处理。",
    "ja": "赤い陶器のマグカップが3個割れています。青いガラスの花瓶が2個足りません。ピンクの掛け時計は問題ありません。"
    "昨日スタッフと一緒に検品いたしましたので、今後の進め方についてご連絡をお待ちしております。",
}


def best_ms(work: Callable[[], object], runs: int) -> float:
    """The least processor time of one call in milliseconds; other work on the machine does not count."""
    times: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def main() -> int:
    """Print the table; 1 when any language is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    titles = [line.title for line in LINES]
    worst = 0.0
    print(f"{'':<4}{'read ms':>9}{'cdist ms':>10}{'ratio':>7}")
    for language, sentence in SENTENCES.items():
        message = (sentence * (LENGTH // len(sentence) + 1))[:LENGTH]
        clauses = [clause for clause in re.split(r"[.,。，、]", message) if clause.strip()]
        read(message, LINES)
        ours = best_ms(lambda message=message: read(message, LINES), runs)  # type: ignore[misc]
        base = best_ms(
            lambda clauses=clauses: process.cdist(clauses, titles, scorer=fuzz.WRatio, workers=1), runs
        )  # type: ignore[misc]
        worst = max(worst, ours)
        print(f"{language:<4}{ours:>9.2f}{base:>10.2f}{ours / base:>7.1f}")
    print(f"limit {LIMIT_MS} ms: {'kept' if worst <= LIMIT_MS else 'exceeded'}")
    return int(worst > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
