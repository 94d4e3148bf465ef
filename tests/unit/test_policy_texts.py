"""Small values of the policy rows."""

import pytest

from playbook.policy import DeadlineRow, MessageRuleRow, Text

TEXT = Text(en="Refund it", zh_CN="退款")
COMMON = {"id": "a_row", "market": ["*"], "channel": ["*"], "checked": "2026-11", "confidence": "high"}


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", "Refund it"),
        ("zh_CN", "退款"),
        ("zh-CN", "退款"),
        ("zh", "退款"),
        ("de", "Refund it"),
        ("", "Refund it"),
    ],
)
def test_text_in_a_language(lang: str, shown: str) -> None:
    assert TEXT.of(lang) == shown
    assert str(TEXT) == "Refund it"


def test_a_deadline_has_a_name() -> None:
    then = {"name": TEXT.model_dump(), "value": 2, "unit": "hour", "calendar": "elapsed"}
    row = DeadlineRow.model_validate({**COMMON, "when": {"start": "decided"}, "then": then})
    assert row.name == TEXT
    assert (row.file, row.line) == ("", 0)


def test_a_rule_may_have_neither_pattern_nor_hints() -> None:
    when = {"scope": "any", "pattern": None}
    row = MessageRuleRow.model_validate(
        {**COMMON, "when": when, "then": {"kind": "warn", "why": TEXT.model_dump()}}
    )
    assert (row.pattern, row.hints, row.kind) == (None, (), "warn")
