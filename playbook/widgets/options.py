"""The options of a claim item as one table: what, who, when, how much, why, and the rule behind it."""

from collections.abc import Sequence

from playbook.domain.remedies import SHAPES
from playbook.i18n import say, translator
from playbook.i18n.words import OUTCOMES, OWNERS, word
from playbook.steps.options import Option
from playbook.viewmodels.case import CaseModel
from playbook.widgets import html as h

_STYLE = {"allowed": "pb-ok", "needs_lead": "pb-warn", "refused": "pb-bad"}


def options_table(offered: Sequence[Option], work: CaseModel) -> str:
    """A table of options; procedure and reasons unfold under each."""
    _ = translator(work.lang)
    head = [_("Remedy"), _("Who"), _("The buyer gets"), _("Until"), _("Cost to us"), _("May we?")]
    return h.table(head, [_cells(option, work) for option in offered])


def _cells(option: Option, work: CaseModel) -> list[str]:
    _ = translator(work.lang)
    name = h.tag("b", h.text(_(word(option.kind))))
    if option.preferred:
        name += " " + h.badge(_("preferred"), "pb-ok")
    return [
        name + _details(option, work),
        h.text(_(OWNERS.get(option.row.then.owner, option.row.then.owner))),
        _gets(option, work),
        _until(option, work),
        _costs(option, work),
        h.badge(_(OUTCOMES[option.outcome]), _STYLE[option.outcome]) + _reasons(option, work),
    ]


def _details(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    then = option.row.then
    parts = [h.tag("p", h.text(then.why.of(work.lang)))]
    parts.append(h.tag("ol", *(h.tag("li", h.text(step.of(work.lang))) for step in then.procedure)))
    if then.buyer_does is not None:
        parts.append(h.tag("p", h.tag("b", h.text(_("The buyer: "))), h.text(then.buyer_does.of(work.lang))))
    if then.risk is not None:
        parts.append(
            h.tag("p", h.tag("b", h.text(_("Risk: "))), h.text(then.risk.of(work.lang)), cls="pb-note")
        )
    source = _("Rule {rule}, {source}, checked {checked}, confidence {confidence}").format(
        rule=option.row.id,
        source=option.row.source,
        checked=option.row.checked,
        confidence=option.row.confidence,
    )
    parts.append(h.tag("p", h.text(source), cls="pb-muted"))
    return h.tag("details", h.tag("summary", h.text(_("How and why"))), *parts)


def _gets(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    shape = SHAPES[option.kind]
    if shape.goes_out == "goods":
        return h.text(_("{units} units again").format(units=option.units))
    if shape.goes_out == "part":
        return h.text(_("the missing part"))
    if option.refund:
        amount = h.money(option.refund_total, work.lang)
        return amount if option.share == 100 else f"{amount} ({h.text(option.share.normalize())} %)"
    return h.text("–")


def _until(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    lines = [f"{h.text(_(word(p.kind)))}: {h.moment(p.due_at, work.lang)}" for p in option.promises]
    if option.buyer_sees is not None:
        first, last = option.buyer_sees
        lines.append(
            h.text(_("buyer has it between {first} and {last}")).format(
                first=h.day(first, work.lang), last=h.day(last, work.lang)
            )
        )
    return "<br>".join(lines)


def _costs(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    costs = option.row.then.costs
    parts = []
    if option.refund:
        parts.append(h.money(option.refund_total, work.lang))
    if costs.goods:
        parts.append(h.text(_("goods")))
    if costs.outbound:
        parts.append(h.text(_("shipping")))
    if costs.label:
        parts.append(h.text(_("return label")))
    return " + ".join(parts) or h.text("–")


def _reasons(option: Option, work: CaseModel) -> str:
    if not option.problems:
        return ""
    return h.items((h.text(say(problem, work.lang)) for problem in option.problems), cls="pb-note")
