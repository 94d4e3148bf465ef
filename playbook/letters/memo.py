"""The seller memo: numbered digests that fit into Seller Central's note, the oldest fact first.

Each part ends with a mark, and all parts of a memo carry the same edition, so that a part that is missing,
was changed, or belongs to another memo is noticed when they are pasted back.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import count

from playbook.domain.case import Case, Stage
from playbook.domain.claims import ProblemType
from playbook.domain.money import total
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.policy import Policy
from playbook.settings import SHORTEST_MEMO

MEMO_LIMIT = 255
"""Characters that Seller Central's note takes (facts: amazon.md 0.7)."""

PROBLEMS = {
    ProblemType.TRANSIT_DAMAGE: "dmg",
    ProblemType.PACKAGE_DAMAGE: "box dmg",
    ProblemType.WRONG_ITEM: "wrong item",
    ProblemType.WRONG_VARIANT: "wrong variant",
    ProblemType.MISSING: "missing",
    ProblemType.MISSING_PARTS: "parts missing",
    ProblemType.DEFECT: "defect",
    ProblemType.QUALITY_FLAW: "flaw",
    ProblemType.NOT_AS_DESCRIBED: "not as descr",
    ProblemType.LATE: "late",
    ProblemType.CHANGED_MIND: "unwanted",
    ProblemType.EXTRA_ITEM: "extra",
    ProblemType.NO_ISSUE: "ok",
}
REMEDIES = {
    RemedyKind.REPLACEMENT: "reship",
    RemedyKind.RESEND_MISSING: "resend",
    RemedyKind.SEND_PART: "send part",
    RemedyKind.EXCHANGE: "exchange",
    RemedyKind.REFUND_FULL: "refund",
    RemedyKind.REFUND_PARTIAL: "part refund",
    RemedyKind.RETURN_REFUND: "return+refund",
    RemedyKind.RETURNLESS_REFUND: "refund no return",
    RemedyKind.CANCEL_UNSHIPPED: "cancel",
    RemedyKind.TRACE_SHIPMENT: "trace",
    RemedyKind.REDIRECT_TO_AMAZON: "to Amazon",
    RemedyKind.DECLINE: "nothing due",
}


STATES = {
    PromiseState.OPEN: "",
    PromiseState.KEPT: " kept",
    PromiseState.SUPERSEDED: " moved",
    PromiseState.WITHDRAWN: " withdrawn",
}
_BETWEEN = " | "


def memo_parts(case: Case, *, policy: Policy, limit: int = MEMO_LIMIT) -> tuple[str, ...]:
    """The facts of a case in as many parts of at most *limit* characters as they need, the oldest first.

    Compact English words that agents use whatever their language. A fact stands in one part, unless it
    is longer than a whole part. Raises ValueError for a limit below `SHORTEST_MEMO`.
    """
    if limit < SHORTEST_MEMO:
        raise ValueError(f"a memo of {limit} characters is too short; {SHORTEST_MEMO} is the least")
    zone = policy.market(case.order.marketplace).tz if case.order else UTC
    facts = [_plain(fact) for fact in _facts(case, zone)]
    edition = _mark(_BETWEEN.join(facts))[:2]
    for parts in count(1):
        room = limit - len(_head(case, parts, parts, edition)) - len(" #0000")
        bodies = list(_packed(facts, room))
        if len(bodies) <= parts:
            return tuple(
                _marked(_head(case, number, len(bodies), edition) + body)
                for number, body in enumerate(bodies, start=1)
            )
    raise AssertionError("a memo always fits into enough parts")


def memo_problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with the parts of a memo as they were pasted back; empty when it is whole.

    The parts may come in any order, each on its own line or one after the other.
    """
    heads = list(_HEAD.finditer(text))
    if not heads:
        return (problem("memo_unreadable"),)
    ends = [head.start() for head in heads[1:]] + [len(text)]
    problems, seen = [], set()
    for head, end in zip(heads, ends, strict=True):
        part = text[head.start() : end].strip()
        body, _, mark = part.rpartition(" #")
        if mark != _mark(body):
            problems.append(problem("memo_altered", part=int(head["number"]), parts=int(head["parts"])))
        seen.add(int(head["number"]))
    if len({(head["case"], head["parts"], head["edition"]) for head in heads}) > 1:
        problems.append(problem("memo_mixed"))
    missing = sorted(set(range(1, max(int(head["parts"]) for head in heads) + 1)) - seen)
    if missing:
        problems.append(problem("memo_missing", part=tuple(missing), parts=int(heads[0]["parts"])))
    return tuple(problems)


def memo_says(text: str) -> str:
    """What the parts of a memo say, in their order, without heads, marks and what stands between facts."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    parts = {
        int(head["number"]): text[head.end() : end].strip().rpartition(" #")[0]
        for head, end in zip(heads, ends, strict=True)
    }
    return _bare("".join(parts[number] for number in sorted(parts)))


def memo_should_say(case: Case, *, policy: Policy) -> str:
    """What `memo_says` of a memo of *case*, however long its parts may be."""
    zone = policy.market(case.order.marketplace).tz if case.order else UTC
    return _bare("".join(_plain(fact) for fact in _facts(case, zone)))


def _bare(text: str) -> str:
    return "".join(text.replace("|", "").split())


_HEAD = re.compile(
    r"(?<!\S)(?P<case>\d{4}-\d{4,9}) (?P<number>\d{1,3})/(?P<parts>\d{1,3}) (?P<edition>[0-9a-z]{2}): "
)


def _head(case: Case, number: int, parts: int, edition: str) -> str:
    return f"{case.case_id} {number}/{parts} {edition}: "


def _marked(text: str) -> str:
    return f"{text} #{_mark(text)}"


_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def _mark(text: str) -> str:
    """Four letters that nearly always differ for another text (20 bits of its SHA-256)."""
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in (15, 10, 5, 0))


def _facts(case: Case, zone: tzinfo) -> Iterator[str]:
    """Message, problems, remedies, promises with their dates, approvals, and how it stands."""

    def day(at: datetime) -> str:
        return f"{at.astimezone(zone):%m-%d}"

    if case.received_at is not None:
        yield f"msg {day(case.received_at)}"
    yield from _undecided(case)
    yield from _remedies(case)
    refunds = [remedy.refund_total for remedy in case.remedies if remedy.refund]
    if case.order is not None and refunds:
        yield f"refund {total(refunds, case.order.currency)}"
    told = Counter(
        f"{known.promise.kind.value.replace('_', ' ')} by {day(known.promise.due_at)}{STATES[known.state]}"
        for known in sorted(case.promises, key=lambda known: (known.promise.made_at, known.promise.due_at))
    )
    yield from (text if times == 1 else f"{text} ({times})" for text, times in told.items())
    if case.pending:
        yield f"{len(case.pending)} approval open"
    yield _stage(case)


def _packed(facts: Sequence[str], room: int) -> Iterator[str]:
    """Facts, as many as fit into *room* characters at a time."""
    body = ""
    for piece in _pieces(facts, room):
        longer = f"{body}{_BETWEEN}{piece}" if body else piece
        if len(longer) > room:
            yield body
            body = piece
        else:
            body = longer
    yield body


def _pieces(facts: Iterable[str], room: int) -> Iterator[str]:
    """*facts*, those that are longer than *room* in slices."""
    for fact in facts:
        yield from (fact[at : at + room].strip() or "-" for at in range(0, max(len(fact), 1), room))


def _plain(text: str) -> str:
    """One line of printable characters, in which nothing looks like the head or the mark of a part."""
    printable = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(printable.split())
    return line.replace(" #", " ").replace(": ", ":")


def _stage(case: Case) -> str:
    return f"closed ({case.outcome})" if case.stage is Stage.CLOSED else case.stage.value.replace("_", "-")


def _remedies(case: Case) -> list[str]:
    pieces = []
    executed = case.executed
    for remedy in case.remedies:
        line = case.order.line(remedy.line) if case.order else None
        item = case.item(remedy.item)
        problem = f" {PROBLEMS[item.problem]}" if item else ""
        done = " done" if remedy.remedy in executed else ""
        sku = line.sku if line else remedy.line
        pieces.append(f"{sku} {remedy.units}{problem}>{REMEDIES[remedy.kind]}{done}")
    return pieces


def _undecided(case: Case) -> list[str]:
    pieces = []
    for item in case.claims:
        units = item.units - case.decided_units(item.item)
        line = case.order.line(item.line) if case.order else None
        if units > 0 and line is not None:
            pieces.append(f"{line.sku} {units} {PROBLEMS[item.problem]}>?")
    return pieces
