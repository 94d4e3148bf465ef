"""Contradictions as an agent reads them: both texts, who said the earlier one, and when (P4)."""

from playbook.domain.case import Case
from playbook.domain.contradictions import Clash, clashes, remedy_clashes
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import Promise
from playbook.domain.remedies import Remedy


def said_otherwise(case: Case, new: Promise, instead_of: str = "") -> list[Problem]:
    """Why a promise cannot be made beside what was said before; the one it replaces aside."""
    against: dict[str, Problem] = {}
    for clash, existing in clashes(case, new, instead_of):
        if isinstance(existing, Promise):
            against[existing.promise] = problem(
                "promise_contradicts",
                promise=existing.promise,
                kind=new.kind,
                new=in_words(new),
                existing=in_words(existing),
                by=existing.made_by,
                at=existing.made_at,
            )
        elif clash is Clash.OTHER_REMEDY:
            against[existing.remedy] = problem(
                "promise_other_remedy",
                kind=new.kind,
                new=in_words(new),
                agreed=(existing.kind, problem("count_units", units=existing.units)),
                by=existing.chosen_by,
                at=existing.chosen_at,
            )
    return list(against.values())


def promised_otherwise(case: Case, remedy: Remedy) -> tuple[Problem, ...]:
    """Promises beside the plan that stand against a newly chosen remedy."""
    return tuple(
        problem(
            "remedy_other_promise",
            kind=remedy.kind,
            promise=promise.promise,
            existing=in_words(promise),
            by=promise.made_by,
            at=promise.made_at,
        )
        for _clash, promise in remedy_clashes(case, remedy)
    )


def in_words(promise: Promise) -> tuple[object, ...]:
    """What was promised, as the facts a sentence needs: what, how many, how much, until when."""
    units = None if promise.units is None else problem("count_units", units=promise.units)
    facts = (promise.kind, units, promise.amount, promise.due_at)
    return tuple(fact for fact in facts if fact is not None)
