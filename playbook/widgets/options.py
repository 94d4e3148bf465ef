"""An option of a claim item in words: what, when, how much, why, and the rule behind it."""

from collections.abc import Callable, Sequence

from playbook.domain.remedies import SHAPES
from playbook.i18n import Counted, say, translator
from playbook.i18n.words import N_, OUTCOMES, OWNERS, word
from playbook.steps.options import Option
from playbook.steps.ways import Way
from playbook.viewmodels.case import CaseModel
from playbook.widgets import html as h

PAYERS = {"seller": N_("we pay"), "buyer": N_("the buyer pays"), "amazon": N_("Amazon's prepaid label")}

_STYLE = {"allowed": "pb-ok", "needs_lead": "pb-warn", "refused": "pb-bad"}


def option_html(option: Option, work: CaseModel, ways: Sequence[Way] = ()) -> str:
    """One option that can be chosen, on one line; procedure and reasons unfold below."""
    _ = translator(work.lang)
    preferred = h.badge(_("preferred"), "pb-ok") if option.preferred else ""
    lead = h.badge(_(OUTCOMES[option.outcome]), _STYLE[option.outcome]) if option.problems else ""
    cells = (
        h.tag("span", h.tag("b", _gets(option, work)), " ", preferred, lead),
        h.tag("span", _until(option, work), cls="pb-muted"),
        h.tag(
            "span", h.text(_("cost: ")), _costs(option, work), "<br>", _way_back(option, work), cls="pb-muted"
        ),
    )
    line = h.tag("div", *cells, cls="pb-optline")
    return line + _reasons(option, work) + _ways(ways, work) + _details(option, work)


def refused_html(
    refused: Sequence[Option], work: CaseModel, ways_of: Callable[[Option], Sequence[Way]] = lambda _: ()
) -> str:
    """Options that no rule allows here, each with every reason, folded away."""
    if not refused:
        return ""
    _ = translator(work.lang)
    lines = [
        h.tag("b", h.text(_(word(option.kind))))
        + _reasons(option, work)
        + _ways(ways_of(option), work)
        + _details(option, work)
        for option in refused
    ]
    title = _("Not possible here: {count}").format(count=len(refused))
    return h.tag("details", h.tag("summary", h.text(title)), h.items(lines))


def _details(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    then = option.row.then
    owner = _("Done by: {owner}").format(owner=_(OWNERS.get(then.owner, then.owner)))
    parts = [h.tag("p", h.text(then.why.of(work.lang))), h.tag("p", h.text(owner))]
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
        return h.text(_("{units:unit|units} again").format(units=Counted(option.units)))
    if shape.goes_out == "part":
        return h.text(_("the missing part"))
    if option.refund:
        amount = h.money(option.refund_total, work.lang)
        return (
            amount if option.share == 100 else f"{amount} ({h.text(format(option.share.normalize(), 'f'))} %)"
        )
    return h.text(_("Amazon decides")) if option.row.then.owner == "amazon" else h.text("–")


def _until(option: Option, work: CaseModel) -> str:
    _ = translator(work.lang)
    lines = [
        f"{h.text(_('we'))}: {h.text(_(word(p.kind)))}, {h.moment(p.due_at, work.lang)}"
        for p in option.promises
    ]
    if option.buyer_sees is not None:
        first, last = (h.day(day, work.lang) for day in option.buyer_sees)
        span = first if first == last else f"{first} – {last}"
        theirs = _("bank: on the account {span}") if option.refund else _("carrier: at the buyer {span}")
        lines.append(h.text(theirs).format(span=span))
    return "<br>".join(lines)


def _way_back(option: Option, work: CaseModel) -> str:
    """Who pays for the way back, where something comes back."""
    _ = translator(work.lang)
    paid = option.row.then.return_label
    if SHAPES[option.kind].comes_back == "nothing" or paid == "none":
        return ""
    return h.text(_("return shipping: {who}").format(who=_(PAYERS[paid])))


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
    reasons = (*option.problems, *option.notes)
    if not reasons:
        return ""
    return h.items((h.text(say(problem, work.lang)) for problem in reasons), cls="pb-note")


def _ways(ways: Sequence[Way], work: CaseModel) -> str:
    """What it would take, each change with what the option would be after it."""
    if not ways:
        return ""
    _ = translator(work.lang)
    said = [
        h.text(say(way.what, work.lang))
        + ("" if way.outcome == "allowed" else f" ({h.text(_(OUTCOMES[way.outcome]))})")
        for way in ways
    ]
    return h.tag("div", h.tag("b", h.text(_("What it would take: "))), h.text(_(", or ")).join(said))
