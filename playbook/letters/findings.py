"""What is wrong with a message: one objection each, with the reason in both languages and the fix."""

from dataclasses import dataclass
from typing import Literal

from playbook.domain.events import OwnWords
from playbook.policy.base import Text

LONGEST_SHOWN = 40


REASONS = {
    "amount_not_in_ledger": Text(
        en="An amount in the text is not in the ledger.", zh_CN="文中的金额与账目不符。"
    ),
    "units_not_in_ledger": Text(en="A number of units is not in the ledger.", zh_CN="文中的件数与账目不符。"),
    "number_not_in_ledger": Text(
        en="This number is nowhere in the case: look at it again.",
        zh_CN="此售后单中没有这个数字，请再核对。",
    ),
    "date_not_in_ledger": Text(en="A date was promised nowhere.", zh_CN="文中的日期没有对应的承诺。"),
    "altered_figure": Text(
        en="This is not what the ledger says here; it was changed after the letter was drafted.",
        zh_CN="此处与账目不一致：消息起草后被改动过。",
    ),
    "weekday_wrong": Text(en="This day of the week does not belong to the date.", zh_CN="星期与日期不一致。"),
    "sku_not_in_order": Text(
        en="This SKU or ASIN is not on the order.", zh_CN="订单中没有这个 SKU 或 ASIN。"
    ),
    "promise_not_in_ledger": Text(
        en="This promises something that the ledger does not hold: promise it there first, or leave it out.",
        zh_CN="此处的承诺未登记：请先登记承诺，或删去这句话。",
    ),
    "other_order": Text(en="The text names another order.", zh_CN="文中出现了其他订单号。"),
    "empty": Text(en="The message is empty.", zh_CN="消息为空。"),
    "invisible_characters": Text(
        en="The text has invisible control characters: type it again.",
        zh_CN="文中含有不可见的控制字符：请重新输入。",
    ),
    "nothing_listed": Text(
        en="A list is announced, but nothing is in it: this message does not fit the case as it is now.",
        zh_CN="文中要列出内容，但列表为空：这封消息与售后单的现状不符。",
    ),
    "no_letters": Text(
        en="There are no letters in this buyer's language: say that we answer in English, or translate it.",
        zh_CN="没有该买家语言的消息模板：请在文中说明以英文答复，或另行翻译。",
    ),
    "too_long": Text(en="The message is far too long to send.", zh_CN="消息过长，无法发送。"),
}


OWN = frozenset(
    {
        "amount_not_in_ledger",
        "units_not_in_ledger",
        "number_not_in_ledger",
        "date_not_in_ledger",
        "weekday_wrong",
        "altered_figure",
        "sku_not_in_order",
        "other_order",
        "promise_not_in_ledger",
    }
)
"""Findings against the ledger: the agent may answer for what is written."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One objection: where (span of the text), how serious, why in both languages, and the words.

    ``fix`` is what the words should be replaced with, where that is known (empty: left out). ``own`` says
    that the agent has checked the words and answers for them, so that they no longer block.
    """

    rule_id: str
    severity: Literal["block", "warn"]
    span: tuple[int, int]
    why: Text
    text: str = ""
    fix: str | None = None
    own: bool = False

    @property
    def can_be_own(self) -> bool:
        """Whether the agent may answer for the words."""
        return self.rule_id in OWN

    @property
    def mark(self) -> OwnWords:
        """What is recorded when the agent answers for the words: a figure as written, no other words."""
        return OwnWords(rule=self.rule_id, words=_mark_of(self))


def _mark_of(finding: LintFinding) -> str:
    return "" if finding.rule_id == "promise_not_in_ledger" else finding.text.strip()[:LONGEST_SHOWN]


def fixed(text: str, finding: LintFinding) -> str:
    """*text* with the words of a finding replaced by its fix; unchanged without one."""
    if finding.fix is None:
        return text
    start, end = finding.span
    return text[:start] + finding.fix + text[end:]


def shown(code: str, found: str, known: str, sign: str = "; ≈ ") -> Text:
    """The reason with what is written, and what is known instead."""
    words = (
        f" ({found.strip()[:LONGEST_SHOWN]}{sign}{known})" if known else f" ({found.strip()[:LONGEST_SHOWN]})"
    )
    return Text(en=REASONS[code].en + words, zh_CN=REASONS[code].zh_CN + words)
