"""What it would take: every way is true when it is taken, and nothing that does not help is said."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.orders import Channel, EarlierKind, FactKind
from playbook.domain.remedies import RemedyKind
from playbook.i18n import say
from playbook.steps.commands import CorrectFact, RecordEvidence
from playbook.steps.options import OUTCOME_ORDER, options
from playbook.steps.ways import ways
from tests.builders import (
    LEAD,
    NOW,
    a_claimed_case,
    a_line,
    a_setting,
    an_order,
    claim,
    earlier,
    run,
)

OCTOBER = datetime(2026, 10, 5, 9, tzinfo=UTC)


def told(case, kind, setting=None, units=None, **others):
    setting = setting or a_setting()
    option = next(o for o in options(case, case.item("c1"), setting, units=units, **others) if o.kind is kind)
    return {
        way.what.code: (way.outcome, dict(way.what.params)) for way in ways(case, option, setting, **others)
    }


def test_a_photo_or_a_lead():
    found = told(a_claimed_case(claim(3, photo=False)), RemedyKind.REFUND_FULL)
    assert found == {
        "way_evidence": ("allowed", {"evidence": Evidence.PHOTO}),
        "way_lead": ("allowed", {"role": "lead"}),
    }


def test_what_is_allowed_needs_nothing():
    assert told(a_claimed_case(), RemedyKind.REFUND_FULL) == {}


def test_fewer_units_or_a_lead_above_the_limit():
    case = a_claimed_case(claim(50), order=an_order(a_line(units=100, paid="1000.00")))
    found = told(case, RemedyKind.REFUND_FULL)
    assert found["way_units"] == ("allowed", {"units": 20, "asked": 50})
    assert found["way_lead"] == ("allowed", {"role": "lead"})


def test_a_manager_where_a_lead_may_not():
    case = a_claimed_case(claim(90), order=an_order(a_line(units=90, paid="9000.00")))
    assert told(case, RemedyKind.REFUND_FULL)["way_lead"][1] == {"role": "manager"}
    by_lead = told(case, RemedyKind.REFUND_FULL, a_setting(LEAD))
    assert by_lead["way_lead"][1] == {"role": "manager"}


def test_a_smaller_share_stays_below_the_limit():
    flaw = claim(100, ProblemType.QUALITY_FLAW)
    case = a_claimed_case(flaw, order=an_order(a_line(units=100, paid="1500.00")))
    found = told(case, RemedyKind.REFUND_PARTIAL)
    assert str(found["way_share"][1]["share"]) == "13.3"


def test_a_photo_and_fewer_units_together():
    case = a_claimed_case(claim(50, photo=False), order=an_order(a_line(units=100, paid="1000.00")))
    found = told(case, RemedyKind.REFUND_FULL)
    assert found["way_evidence_and_units"] == ("allowed", {"evidence": Evidence.PHOTO, "units": 20})


def test_stock():
    setting = replace(a_setting(), stock={"SKU-1": 2})
    found = told(a_claimed_case(), RemedyKind.REPLACEMENT, setting)
    assert found["way_stock"] == ("allowed", {"units": 3, "sku": "SKU-1", "free": 2})
    assert found["way_units"] == ("allowed", {"units": 2, "asked": 3})


def test_a_later_delivery_opens_the_window_again():
    order = an_order(a_line(delivered_on=date(2026, 10, 9)), placed_at=OCTOBER)
    case = a_claimed_case(claim(2, ProblemType.CHANGED_MIND), order=order)
    found = told(case, RemedyKind.RETURN_REFUND)
    assert found["way_delivered_since"] == ("allowed", {"day": date(2026, 10, 24)})


def test_an_unknown_delivery_is_worth_looking_up():
    order = an_order(a_line(delivered_on=None), placed_at=OCTOBER, latest_delivery_on=None)
    case = a_claimed_case(claim(2, ProblemType.CHANGED_MIND), order=order)
    assert "way_delivered_since" in told(case, RemedyKind.RETURN_REFUND)


def test_waiting_helps_for_a_parcel_that_is_not_late_enough():
    order = an_order(a_line(delivered_on=None), latest_delivery_on=date(2026, 11, 22))
    case = a_claimed_case(claim(2, ProblemType.LATE), order=order)
    found = told(case, RemedyKind.REFUND_FULL)
    assert found["way_wait"] == ("allowed", {"day": date(2026, 11, 25)})


def test_nothing_helps_where_amazon_decides():
    case = a_claimed_case(order=an_order(a_line(channel=Channel.FBA)))
    assert told(case, RemedyKind.REFUND_FULL) == {}


def test_units_that_are_left_can_still_be_helped():
    gone = a_setting(elsewhere=[earlier(units=8, kind=EarlierKind.REFUND)])
    found = told(a_claimed_case(), RemedyKind.REPLACEMENT, gone)
    assert found["way_units"] == ("allowed", {"units": 2, "asked": 3})


def test_an_option_of_an_item_that_is_gone_has_no_way():
    case = a_claimed_case(claim(3, photo=False))
    option = options(case, case.item("c1"), a_setting())[-1]
    assert ways(replace(case, items=()), option, a_setting()) == ()


PROBLEMS = [problem for problem in ProblemType if problem is not ProblemType.NO_ISSUE]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_way_is_true_when_it_is_taken(data):
    """Whatever is said is done to the case; the option then is what was promised."""
    units = data.draw(st.integers(1, 12))
    delivered = data.draw(st.sampled_from([None, date(2026, 10, 9), date(2026, 11, 1), date(2026, 11, 20)]))
    order = an_order(
        a_line(
            units=12,
            paid=data.draw(st.sampled_from(["12.00", "240.00", "6000.00"])),
            shipped=data.draw(st.sampled_from([0, 6, 12])),
            delivered_on=delivered,
            channel=data.draw(st.sampled_from([Channel.FBM, Channel.FBM, Channel.SFP])),
        ),
        placed_at=OCTOBER,
        latest_delivery_on=None,
    )
    case = a_claimed_case(claim(units, data.draw(st.sampled_from(PROBLEMS)), photo=False), order=order)
    stock = data.draw(st.sampled_from([{}, {"SKU-1": 0}, {"SKU-1": 3}]))
    setting = replace(a_setting(), stock=stock)
    for option in options(case, case.item("c1"), setting):
        for way in ways(case, option, setting):
            assert OUTCOME_ORDER[way.outcome] < OUTCOME_ORDER[option.outcome]
            for lang in ("en", "zh_CN"):
                assert "{" not in say(way.what, lang)
            changed, units_now, when = case, None, setting
            params = way.what.params
            if "evidence" in params:
                changed = run(changed, RecordEvidence(("c1",), params["evidence"]), setting=setting)
            if way.what.code in {"way_units", "way_evidence_and_units"}:
                units_now = params["units"]
            if way.what.code == "way_stock":
                when = replace(when, stock={"SKU-1": units})
            if way.what.code == "way_delivered_since":
                day = params["day"].isoformat()
                changed = run(changed, CorrectFact(FactKind.DELIVERED_ON, day, (1,)), setting=setting)
            if way.what.code == "way_wait":
                at = datetime.combine(params["day"], NOW.timetz())
                when = replace(when, now=at, known={})
            if way.what.code in {"way_lead", "way_share"}:
                continue
            after = options(changed, changed.item("c1"), when, units=units_now)
            assert next(o.outcome for o in after if o.kind is option.kind) == way.outcome, way


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_way_is_a_short_sentence(lang):
    case = a_claimed_case(claim(3, photo=False))
    option = next(o for o in options(case, case.item("c1"), a_setting()) if o.kind is RemedyKind.REFUND_FULL)
    assert all(len(say(way.what, lang)) < 80 for way in ways(case, option, a_setting()))
