"""The third step as an agent and a lead see it: options with reasons, drafts, approvals, taking back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.orders import Channel
from playbook.domain.remedies import RemedyKind
from playbook.i18n import translator
from playbook.policy import load_policy
from playbook.settings import data_dir
from playbook.steps.commands import Choice
from playbook.viewmodels.remedy import RemedyModel
from tests.builders import a_line, an_order, choose, claim
from tests.desks import carried_out, claimed, planned
from tests.widgets.conftest import Window

Windows = Callable[..., Window]
AGREE, ASK_LEAD = "Agree on these remedies", "Ask a lead to approve"


def test_groups_offer_options_with_reason_rule_and_amount(desk: Desk, windows: Windows) -> None:
    window = windows(case_id=claimed(desk).case_id)
    assert window.step == "remedy"
    window.sees(
        "Damaged in transit: units 3, lines 1 FBM",
        "Rule fbm_damage_replacement",
        "Done by: warehouse",
        "Choose a remedy for each problem; nothing is agreed yet.",
    )
    assert window.button(AGREE).disabled
    assert window.button("Clear the draft").disabled


def test_a_draft_is_previewed_cleared_and_agreed(desk: Desk, windows: Windows) -> None:
    window = windows(case_id=claimed(desk).case_id)
    window.click("Full refund")
    window.sees("The buyer gets back: £30.00", "Units settled: 3; still open: 0")
    assert "pb-chosen" in window.button("Full refund")._dom_classes
    window.click("Clear the draft")
    window.misses("The buyer gets back")
    window.choose("Remedy for SKU-1", "Replacement")
    window.sees("Goods we send again: worth £30.00")
    window.set("Units of SKU-1", 2)
    window.sees("Units settled: 2; still open: 1")
    assert window.case.remedies == ()
    window.click(AGREE)
    assert [(r.kind, r.units) for r in window.case.remedies] == [(RemedyKind.REPLACEMENT, 2)]
    window.sees("Agreed remedies", "units 1, lines 1")
    window.click("Take the preferred remedy for all")
    window.click(AGREE)
    assert window.step == "follow_up"
    window.click("✓ 3 Remedy")
    window.click("Go on to the follow-up")
    assert window.step == "follow_up"


def test_a_share_pays_its_part(desk: Desk, windows: Windows) -> None:
    case = claimed(desk, [claim(3, ProblemType.QUALITY_FLAW)])
    window = windows(case_id=case.case_id)
    window.click("Partial refund, buyer keeps it")
    window.set("Share of the price, in percent", "20%")
    window.sees("The buyer gets back: £6.00")
    window.set("Share of the price, in percent", "20,5")
    window.sees("The buyer gets back: £6.15")
    window.set("Share of the price, in percent", "a lot")
    window.sees("Not done, because:", "a lot")
    assert not window.case.remedies


@pytest.mark.parametrize(
    ("typed", "sees"),
    [("5,50", "The buyer gets back: £5.50"), ("£7", "The buyer gets back: £7.00")],
)
def test_an_allowance_as_an_amount(desk: Desk, windows: Windows, typed: str, sees: str) -> None:
    window = windows(case_id=claimed(desk, [claim(3, ProblemType.QUALITY_FLAW)]).case_id)
    window.click("Partial refund, buyer keeps it")
    window.set("Or an amount for SKU-1", typed)
    window.sees(sees)
    window.click(AGREE)
    assert str(window.case.remedies[0].refund_total.amount) == sees[-4:]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("-5", "“-5” is below zero"),
        ("5 EUR", "5 EUR is not in GBP"),
        ("1.2345", "“1.2345” has too many decimals"),
        ("lots", "“lots” is not an amount"),
    ],
)
def test_an_amount_that_cannot_be_is_told(desk: Desk, windows: Windows, typed: str, says: str) -> None:
    window = windows(case_id=claimed(desk, [claim(3, ProblemType.QUALITY_FLAW)]).case_id)
    window.click("Partial refund, buyer keeps it")
    window.set("Or an amount for SKU-1", typed)
    window.sees("Not done, because:", says)


def test_facts_are_shown_and_corrected(desk: Desk, windows: Windows) -> None:
    window = windows(case_id=claimed(desk).case_id)
    window.sees(
        "What the rules look at: UK · consumer", "2026-11-18 (5 d)", "2027-01-31", "not announced yet"
    )
    window.choose("Fact to correct", "delivered on")
    window.set("On which day", date(2026, 11, 20))
    window.click("Correct the fact")
    window.sees("2026-11-20 (3 d)")
    window.choose("Fact to correct", "channel")
    window.choose("What it is", "FBA")
    window.click("Correct the fact")
    window.sees("lines 1 FBA", "Amazon decides", "Fact corrected: channel of SKU-1: FBA.")
    window.choose("Fact to correct", "the buyer needs it on")
    window.set("On which day", date(2026, 11, 1))
    window.click("Correct the fact")
    window.sees("Not done, because:", "2026-11-01 is not a day ahead of us")
    window.choose("Fact to correct", "marketplace")
    window.choose("What it is", "DE")
    window.click("Correct the fact")
    window.sees("DE is paid in EUR, this order in GBP")
    window.choose("Fact to correct", "business order")
    window.click("Correct the fact")
    window.sees("UK · business buyer")


def test_goods_that_come_too_late_for_the_event_say_so(desk: Desk, windows: Windows) -> None:
    window = windows(case_id=claimed(desk).case_id)
    window.choose("Fact to correct", "the buyer needs it on")
    window.set("On which day", date(2026, 11, 26))
    window.click("Correct the fact")
    window.sees("needed by 2026-11-26", "after 2026-11-26, for when the buyer needs it.")
    window.click("Take the preferred remedy for all")
    assert [choice.kind for choice in window_choices(window)] == [RemedyKind.REFUND_FULL]


def window_choices(window: Window) -> list[Choice]:
    """What is drafted in a window."""
    model: RemedyModel = window.page.views["remedy"].view.model
    return list(model.choices.values())


def test_stock_decides_and_says_what_it_would_take(desk: Desk, windows: Windows) -> None:
    case = claimed(desk)
    desk.store.put_stock({"SKU-1": 2}, desk.clock())
    window = windows(case_id=case.case_id)
    window.sees(
        "stock counted 2026-11-23",
        "What it would take: stock for 3 units of SKU-1 (free now: 2), or at most 2 units instead of 3",
    )


def test_plans_are_compared_and_one_is_taken(desk: Desk, windows: Windows) -> None:
    order = an_order(a_line(1), a_line(2), a_line(3, channel=Channel.SFP))
    rows = [claim(2), claim(2, ProblemType.QUALITY_FLAW, 2), claim(1, line=3)]
    window = windows(case_id=claimed(desk, rows, order).case_id)
    window.sees(
        "Whole plans, side by side",
        "The buyer gets Full refund: 2 units Return for a refund: 2 units Redirect to Amazon: 1 unit",
        "Refund £40.00 £0.00 £4.00",
        "What we decide",
        "What Amazon decides SFP: we shipped these under Prime.",
    )
    window.click("Take: money back")
    window.sees("The buyer gets back: £40.00", "It costs us: £40.00 + return labels for 1 line")
    window.click("Take: send again")
    window.sees("Goods we send again: worth £40.00", "shipping for 2 lines")
    window.click("Take: preferred")
    window.click(AGREE)
    assert window.step == "follow_up"
    window.misses("Whole plans, side by side")


def test_a_change_of_the_rules_is_told_and_adopted(desk: Desk, windows: Windows, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for source in (data_dir() / "policies").glob("*.yaml"):
        row = "then: {<<: *reship, rank: 11, why: *w_proven, party: carrier}"
        text = source.read_text("utf-8").replace(row, row[:-1] + ", outcome: needs_lead}")
        (folder / source.name).write_text(text, "utf-8")
    old = Desk(desk.store, load_policy(folder), desk.actor, desk.clock)
    window = windows(case_id=claimed(old).case_id)
    window.sees(
        f"This case keeps those it was opened under ({old.policy.version})",
        "SKU-1 Replacement: needs a lead → allowed",
    )
    window.click("Re-evaluate under the rules of today")
    assert window.case.policy_version == desk.policy.version
    window.misses("The rules have changed")
    window.sees("The case follows the rules of today from here on.")


def test_two_agents_choosing_at_once_cannot_both_give(desk: Desk, windows: Windows) -> None:
    case_id = claimed(desk).case_id
    first, second = windows(case_id=case_id), windows(case_id=case_id, agent="wang")
    for window in (first, second):
        window.click("Full refund")
    first.click(AGREE)
    second.click(AGREE)
    second.sees("A colleague changed this case meanwhile.", "Agreed: 3 x SKU-1: Full refund")
    assert [r.kind for r in second.case.remedies] == [RemedyKind.REFUND_FULL]


def test_a_remedy_is_taken_back_with_a_reason(desk: Desk, windows: Windows) -> None:
    case = carried_out(desk, claimed(desk), choose(RemedyKind.REPLACEMENT))
    window = windows(case_id=case.case_id)
    window.click("✓ 3 Remedy")
    assert window.choices("Withdraw") == ["SKU-1: 3 x Replacement"]
    window.set("Why is it taken back?", "the buyer prefers money")
    window.click("Withdraw this remedy")
    assert window.case.remedies == ()
    assert window.step == "remedy"
    window.misses("Agreed remedies")


class TestApproval:
    def requested(self, desk: Desk, windows: Windows) -> Window:
        window = windows(case_id=claimed(desk, [claim(3, photo=False)]).case_id)
        window.click("Full refund")
        window.sees("A lead has to approve 3 units before they can be promised.")
        window.set("Note for the lead, if an approval is needed", "long-standing buyer")
        window.click(ASK_LEAD)
        window.sees("Waits for approval: £30.00", "long-standing buyer", "SKU-1 3 x Full refund £30.00")
        return window

    def test_the_agent_waits(self, desk: Desk, windows: Windows) -> None:
        window = self.requested(desk, windows)
        window.sees("A lead decides on this page, signed in as lead.")
        assert not window.buttons("Approve")
        assert window.case.remedies == ()

    def test_the_lead_approves(self, desk: Desk, windows: Windows) -> None:
        case_id = self.requested(desk, windows).case.case_id
        lead = windows(case_id=case_id, agent="wang")
        lead.sees("wang (lead)")
        lead.click("Approve")
        assert [r.kind for r in lead.case.remedies] == [RemedyKind.REFUND_FULL]
        assert lead.step == "follow_up"

    def test_the_lead_refuses_with_a_reason(self, desk: Desk, windows: Windows) -> None:
        case_id = self.requested(desk, windows).case.case_id
        lead = windows(case_id=case_id, agent="wang")
        lead.click("Refuse")
        lead.sees("Not done, because:")
        lead.set("Reason (needed to refuse)", "ask for a photo first")
        lead.click("Refuse")
        assert lead.case.pending == ()
        lead.misses("Waits for approval")
        lead.sees("ask for a photo first")

    def test_a_photo_makes_the_lead_unnecessary(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=claimed(desk, [claim(3, photo=False)]).case_id)
        window.click("Photo is here")
        assert not window.buttons("Photo is here")
        window.click("Full refund")
        assert not window.button(AGREE).disabled


def test_goods_of_amazon_are_a_group_apart(desk: Desk, windows: Windows) -> None:
    order = an_order(
        a_line(1, sku="OWN-1"),
        a_line(2, sku="FBA-2", channel=Channel.FBA, delivered_on=date(2026, 11, 18)),
    )
    window = windows(case_id=claimed(desk, [claim(2), claim(2, line=2)], order).case_id)
    window.sees("lines 1 FBM", "lines 1 FBA", "Not possible here:")
    assert "Replacement" not in window.choices("Remedy for FBA-2")
    assert "Replacement" in window.choices("Remedy for OWN-1")


def test_eighty_items_show_a_page_and_are_chosen_together(desk: Desk, windows: Windows) -> None:
    order = an_order(*(a_line(n, units=2, paid="2.00", sku=f"SKU-{n:02}") for n in range(1, 81)))
    window = windows(case_id=claimed(desk, [claim(1, line=n) for n in range(1, 81)], order).case_id)
    window.sees("units 80, lines 80", "and 55 more lines: choose for all")
    assert sum(name.startswith("Remedy for") for name in window.field_names) == 25
    window.click("Replacement")
    window.sees("Units settled: 80; still open: 0")
    assert len(window.page.work.draft(window.page.work.step)["choices"]) == 80


def test_in_chinese(desk: Desk, windows: Windows) -> None:
    _ = translator("zh_CN")
    window = windows(case_id=claimed(desk).case_id, lang="zh_CN")
    window.sees(_("Choose a remedy for each problem; nothing is agreed yet."))
    window.click(_("Take the preferred remedy for all"))
    window.click(_("Agree on these remedies"))
    assert window.step == "follow_up"
    window.misses("Agreed", "Journal", "preferred")


def test_the_summary_counts_every_unit_and_cent(desk: Desk, windows: Windows) -> None:
    order = an_order(a_line(1), a_line(2), a_line(3, paid="7.00"))
    case = planned(desk, RemedyKind.REFUND_FULL, order)
    window = windows(case_id=case.case_id)
    window.sees(
        "Every unit, every cent",
        "SKU-1 Desk lamp, colour 1 10 7 3 x Full refund (agreed) £100.00 £30.00",
        "2 more lines without a problem",
    )
    window.click("✓ 1 Lock")
    window.misses("Every unit, every cent")
    chinese = windows(case_id=case.case_id, lang="zh_CN")
    chinese.sees(translator("zh_CN")("Every unit, every cent"))
