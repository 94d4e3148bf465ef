"""The seller memo: a digest that fits into Seller Central's note, most important first."""

from collections import Counter
from datetime import UTC

from playbook.domain.case import Case, Stage
from playbook.domain.claims import ProblemType
from playbook.domain.money import total
from playbook.domain.remedies import RemedyKind
from playbook.policy import Policy

MEMO_LIMIT = 255

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


def memo_digest(case: Case, *, policy: Policy, limit: int = MEMO_LIMIT) -> str:
    """The state of a case in at most *limit* characters: stage, remedies, refunds, what is due next.

    Compact English words that agents use whatever their language. Whole pieces are left out when
    they do not fit; nothing is ever cut inside.
    """
    pieces = [f"{case.case_id} {_stage(case)}", *_remedies(case), *_undecided(case)]
    zone = policy.market(case.order.marketplace).tz if case.order else UTC
    if case.order is not None:
        refunds = [remedy.refund_total for remedy in case.remedies if remedy.refund]
        if refunds:
            pieces.insert(1, f"refund {total(refunds, case.order.currency)}")
    open_ones = sorted(case.open_promises, key=lambda promise: promise.due_at)
    if open_ones:
        kinds = Counter(
            (promise.kind.value, f"{promise.due_at.astimezone(zone):%m-%d}") for promise in open_ones
        )
        due = [f"{kind.replace('_', ' ')} by {day}" for kind, day in kinds]
        pieces.insert(1, "due: " + ", ".join(due[:3]))
    if case.pending:
        pieces.insert(1, f"{len(case.pending)} approval open")
    return _fitted(pieces, limit)


def _stage(case: Case) -> str:
    return f"closed ({case.outcome})" if case.stage is Stage.CLOSED else case.stage.value.replace("_", "-")


def _remedies(case: Case) -> list[str]:
    pieces = []
    for remedy in case.remedies:
        line = case.order.line(remedy.line) if case.order else None
        item = case.item(remedy.item)
        problem = f" {PROBLEMS[item.problem]}" if item else ""
        done = " done" if case.is_executed(remedy) else ""
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


def _fitted(pieces: list[str], limit: int) -> str:
    clean = [" ".join("".join(c if c.isprintable() else " " for c in piece).split()) for piece in pieces]
    text = clean[0]
    for at, piece in enumerate(clean[1:], start=1):
        left_out = len(clean) - at
        rest = f" | +{left_out} more"
        longer = f"{text} | {piece}"
        room = limit if left_out == 1 else limit - len(rest)
        if len(longer) > room:
            return text + rest if len(text) + len(rest) <= limit else text[:limit]
        text = longer
    return text[:limit]
