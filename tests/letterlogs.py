"""A log of events for tests of what is told about a case."""

from playbook.domain.case import Case
from playbook.domain.events import Event
from playbook.domain.folding import apply
from playbook.steps import Command, Refused, Setting, decide
from tests.builders import a_setting, stamped


def logged(case: Case, *commands: Command, setting: Setting | None = None) -> tuple[tuple[Event, ...], Case]:
    """The events that the commands add to *case*, and the case after them; a refusal fails the test."""
    setting = setting or a_setting()
    events: tuple[Event, ...] = ()
    for command in commands:
        decision = decide(case, command, setting)
        assert not isinstance(decision, Refused), f"{command}: {[str(p) for p in decision.problems]}"
        new = stamped(case, decision, setting)
        events += new
        case = apply(case, new)
    return events, case
