"""One return request or several: what travels together, why, the other way, and the words for the buyer."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, Order
from playbook.domain.remedies import RemedyKind
from playbook.i18n import LANGUAGES, say
from playbook.letters import LOCALES, returns_explanation
from playbook.policy import About, Policy
from playbook.policy.return_rows import ReturnThen, ReturnWhen
from playbook.steps import Setting
from playbook.steps.commands import ConfirmPlan, Counted, ReceiveGoods
from playbook.steps.returns import (
    ReturnAdvice,
    ReturnRequest,
    advise_returns,
    kilograms,
    return_checklist,
    return_clock,
)
from tests.builders import (
    MANAGER,
    NOW,
    a_claimed_case,
    a_line,
    a_remedy,
    a_setting,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)

BOSS = a_setting(MANAGER)
MIND, WRONG, DEFECT = ProblemType.CHANGED_MIND, ProblemType.WRONG_VARIANT, ProblemType.DEFECT
RETURN, EXCHANGE = RemedyKind.RETURN_REFUND, RemedyKind.EXCHANGE
SEPTEMBER = datetime(2026, 9, 1, 9, tzinfo=NOW.tzinfo)
"""A day on which no holiday season was bought in; orders of then have the plain window."""


def coming_back(
    *goods: tuple[str, int, ProblemType], kinds: dict[ProblemType, RemedyKind] | None = None, **order: Any
) -> Case:
    """Every (SKU, units, problem) is a line of its own and comes back, for a refund unless said otherwise."""
    currency = order.pop("currency", "GBP")
    delivered = order.pop("delivered", {})
    lines = [
        a_line(
            number,
            sku=sku,
            units=units + 2,
            paid="40.00",
            currency=currency,
            delivered_on=delivered.get(sku, date(2026, 11, 18)),
        )
        for number, (sku, units, _) in enumerate(goods, start=1)
    ]
    rows = [claim(units, problem, number) for number, (_, units, problem) in enumerate(goods, start=1)]
    case = a_claimed_case(*rows, order=an_order(*lines, **order), setting=BOSS)
    chosen = [
        choose((kinds or {}).get(problem, RETURN), f"c{number}")
        for number, (_, _, problem) in enumerate(goods, start=1)
    ]
    return run(case, *chosen, setting=BOSS)


def advised(case: Case, setting: Setting = BOSS) -> ReturnAdvice:
    advice = advise_returns(case, setting)
    assert advice is not None
    return advice


def goods(request: ReturnRequest) -> list[tuple[str, int]]:
    return [(line.sku, line.units) for line in request.lines]


def rules(problems: tuple[Any, ...]) -> list[str]:
    return [problem.params["rule"] for problem in problems]


def without(*ids: str) -> Setting:
    """The shipped rules less some rows."""
    rows = the_policy().rows
    kept = tuple(row for row in rows.returns if row.id not in ids)
    return replace(BOSS, policy=Policy(replace(rows, returns=kept)))


class TestOneRequest:
    def test_three_products_share_one_request(self):
        advice = advised(coming_back(("A", 2, MIND), ("B", 1, MIND), ("C", 3, MIND)))
        (request,) = advice.requests
        assert goods(request) == [("A", 2), ("B", 1), ("C", 3)]
        assert (request.way, request.channel, request.pays, request.settles) == (
            "request", Channel.FBM, "buyer", "refund",
        )  # fmt: skip
        assert request.units == 6
        assert rules(advice.why) == ["several_lines"]
        assert advice.rules == ()

    def test_the_other_way_is_one_request_for_each_and_says_what_that_means(self):
        other = advised(coming_back(("A", 2, MIND), ("B", 1, MIND))).other
        assert other is not None
        assert (other.kind, [goods(r) for r in other.requests]) == ("split", [[("A", 2)], [("B", 1)]])
        assert "on its own clock" in say(other.consequences[0], "en")

    def test_one_product_alone_has_no_other_way_and_no_reason(self):
        advice = advised(coming_back(("A", 2, MIND)))
        assert (advice.other, advice.why) == (None, ())

    def test_reasons_come_from_the_table(self):
        (request,) = advised(coming_back(("A", 1, DEFECT), ("B", 1, ProblemType.NOT_AS_DESCRIBED))).requests
        codes = [line.reason.then.code for line in request.lines if line.reason is not None]
        assert codes == ["CR-DEFECTIVE", "AMZ-PG-BAD-DESC"]


class TestSeveralRequests:
    def test_over_the_weight_of_a_label(self):
        case = coming_back(("PLT26-GRN", 16, MIND), ("BWL15-GRN", 16, MIND))
        advice = advised(case)
        assert [goods(r) for r in advice.requests] == [[("PLT26-GRN", 16)], [("BWL15-GRN", 16)]]
        assert [r.grams for r in advice.requests] == [11520, 6560]
        assert advice.rules == ("label_limit",)
        assert advice.other is not None
        assert advice.other.kind == "merged"
        (merged,) = advice.other.requests
        assert merged.grams == 18080
        assert "refuses the parcel" in say(advice.other.consequences[0], "en")

    def test_a_heavier_label_takes_it_in_one(self):
        case = coming_back(
            ("PLT26-GRN", 16, MIND), ("BWL15-GRN", 16, MIND), market=Marketplace.DE, currency="EUR"
        )
        assert len(advised(case).requests) == 1

    def test_a_line_that_is_too_heavy_alone_is_cut(self):
        advice = advised(coming_back(("PLT26-GRN", 30, MIND)))
        assert [goods(r) for r in advice.requests] == [[("PLT26-GRN", 20)], [("PLT26-GRN", 10)]]

    def test_over_the_units_of_a_label(self):
        advice = advised(coming_back(("A", 35, MIND), ("B", 10, MIND), ("C", 5, MIND)))
        assert [goods(r) for r in advice.requests] == [[("A", 35), ("C", 5)], [("B", 10)]]
        assert advice.rules == ("label_limit",)

    def test_different_places(self):
        advice = advised(coming_back(("CHAIR-BLK", 2, MIND), ("A", 1, MIND)))
        assert [goods(r) for r in advice.requests] == [[("CHAIR-BLK", 2)], [("A", 1)]]
        assert [r.address.then.address for r in advice.requests if r.address] == ["bulky", "default"]
        assert advice.rules == ("one_address",)
        assert advice.other is None

    def test_different_payers(self):
        advice = advised(coming_back(("A", 1, MIND), ("B", 1, DEFECT)))
        assert [(goods(r), r.pays) for r in advice.requests] == [
            ([("A", 1)], "buyer"),
            ([("B", 1)], "seller"),
        ]
        assert advice.rules == ("one_payer",)
        assert advice.other is not None
        assert advice.other.requests[0].pays == "seller"

    def test_refund_and_exchange(self):
        case = coming_back(("A", 1, DEFECT), ("B", 2, WRONG), kinds={WRONG: EXCHANGE})
        advice = advised(case)
        assert [r.settles for r in advice.requests] == ["refund", "exchange"]
        assert advice.rules == ("refund_closes_request",)

    @pytest.mark.parametrize(("days", "requests"), [(7, 1), (8, 2)])
    def test_windows_that_end_at_different_days(self, days: int, requests: int):
        now = datetime(2026, 9, 20, 9, tzinfo=NOW.tzinfo)
        first = date(2026, 9, 5)
        case = coming_back(
            ("A", 1, MIND),
            ("B", 1, MIND),
            placed_at=now - timedelta(days=20),
            delivered={"A": first + timedelta(days=days), "B": first},
        )
        advice = advised(case, replace(BOSS, now=now))
        assert len(advice.requests) == requests
        assert advice.rules == (("window_spread",) if requests > 1 else ())
        assert min(r.closes_at for r in advice.requests if r.closes_at).date() == date(2026, 10, 5)
        if requests > 1:
            assert goods(advice.requests[0]) == [("B", 1)]

    def test_a_window_that_is_over(self):
        now = datetime(2026, 10, 7, 9, tzinfo=NOW.tzinfo)
        case = coming_back(
            ("A", 1, MIND),
            ("B", 1, MIND),
            placed_at=now - timedelta(days=40),
            delivered={"A": date(2026, 9, 5), "B": date(2026, 9, 9)},
        )
        advice = advised(case, replace(BOSS, now=now))
        assert [goods(r) for r in advice.requests] == [[("A", 1)], [("B", 1)]]
        assert "window_closed" in advice.rules

    def test_goods_without_a_delivery_date_go_with_the_first(self):
        case = coming_back(("A", 1, MIND), ("B", 1, MIND), latest_delivery_on=None)
        assert case.order is not None
        lines = [line.model_copy(update={"delivered_on": None}) for line in case.order.lines]
        unknown = replace(case, order=case.order.model_copy(update={"lines": tuple(lines)}))
        (request,) = advised(unknown).requests
        assert (request.closes_at, request.told_by) == (None, None)
        half = case.order.model_copy(update={"lines": (lines[0], case.order.lines[1])})
        (request,) = advised(replace(case, order=half)).requests
        assert goods(request) == [("A", 1), ("B", 1)]
        assert request.closes_at is not None
        assert request.told_by is None

    def test_channels_are_never_mixed(self):
        case = coming_back(("A", 1, DEFECT), ("B", 1, DEFECT), ("C", 1, DEFECT))
        channels = (Channel.FBA, Channel.FBM, Channel.SFP)
        remedies = [
            remedy.model_copy(update={"channel": channel})
            for remedy, channel in zip(case.remedies, channels, strict=True)
        ]
        for setting in (BOSS, without("amazon_decides")):
            advice = advised(replace(case, remedies=tuple(remedies)), setting)
            assert [(r.channel, r.way, r.pays) for r in advice.requests] == [
                (Channel.FBM, "request", "seller"),
                (Channel.FBA, "amazon", "amazon"),
                (Channel.SFP, "amazon", "amazon"),
            ]
            assert advice.other is None
        assert "amazon_decides" in advised(replace(case, remedies=tuple(remedies))).rules

    def test_units_beyond_the_order_have_our_own_label(self):
        case = coming_back(("A", 1, DEFECT), ("B", 1, ProblemType.EXTRA_ITEM))
        advice = advised(case)
        assert [(goods(r), r.way) for r in advice.requests] == [
            ([("A", 1)], "request"),
            ([("B", 1)], "label"),
        ]
        assert "beyond_order" in advice.rules


class TestDoubts:
    def test_goods_nobody_weighed_are_named(self):
        advice = advised(coming_back(("A", 2, MIND), ("PLT26-GRN", 2, MIND)))
        (doubt, *_rest) = advice.doubts
        assert (doubt.code, doubt.params["skus"]) == ("return_not_weighed", ("A",))
        assert advice.requests[0].grams is None

    def test_a_unit_that_no_label_carries_travels_alone_and_is_named(self):
        rows = the_policy().rows
        heavy = [
            row.model_copy(update={"then": row.then.model_copy(update={"grams": 16000})})
            if row.id == "weight_plates"
            else row
            for row in rows.returns
        ]
        setting = replace(BOSS, policy=Policy(replace(rows, returns=tuple(heavy))))
        advice = advised(coming_back(("PLT26-GRN", 2, MIND)), setting)
        assert [goods(r) for r in advice.requests] == [[("PLT26-GRN", 1)], [("PLT26-GRN", 1)]]
        (doubt,) = (doubt for doubt in advice.doubts if doubt.code == "return_too_heavy")
        assert "16 kg, more than the 15 kg" in say(doubt, "en")

    def test_a_season_nobody_verified_is_named_and_not_told_to_the_buyer(self):
        advice = advised(coming_back(("PLT26-GRN", 2, MIND)))
        assert [doubt.code for doubt in advice.doubts] == ["return_window_unverified"]
        assert advice.requests[0].closes_at is not None
        assert advice.requests[0].told_by is None

    def test_rules_that_are_off_separate_nothing(self):
        off = without("one_payer", "refund_closes_request", "label_limit", "several_lines", "one_address")
        case = coming_back(
            ("CHAIR-BLK", 50, MIND), ("B", 1, DEFECT), ("C", 1, WRONG), kinds={WRONG: EXCHANGE}
        )
        advice = advised(case, off)
        assert len(advice.requests) == 1
        assert (advice.why, advice.rules) == ((), ())
        assert (advice.requests[0].pays, advice.requests[0].settles) == ("seller", "refund")

    def test_without_limits_nothing_is_doubted_about_weights(self):
        advice = advised(
            coming_back(("A", 500, MIND)), without("label_us_prepaid", "label_uk_prepaid", "label_house")
        )
        assert len(advice.requests) == 1
        assert "return_not_weighed" not in [doubt.code for doubt in advice.doubts]


class TestWhatIsLeft:
    def test_nothing_comes_back(self):
        assert advise_returns(an_open_case(), BOSS) is None
        assert advise_returns(a_claimed_case(), BOSS) is None

    def test_what_has_arrived_is_no_longer_asked_for(self):
        case = run(coming_back(("A", 3, MIND)), ConfirmPlan(), setting=BOSS)
        case = run(case, ReceiveGoods((Counted("r1", 2),)), setting=BOSS)
        assert [goods(r) for r in advised(case).requests] == [[("A", 1)]]
        (rest,) = (remedy.remedy for remedy in case.remedies if remedy.awaited)
        case = run(case, ReceiveGoods((Counted(rest, 1),)), setting=BOSS)
        assert advise_returns(case, BOSS) is None

    def test_a_remedy_without_its_line_or_item_is_left_out(self):
        case = coming_back(("A", 1, MIND))
        stray = [a_remedy("r8", line=9, kind=RETURN), a_remedy("r9", item="c9", kind=RETURN)]
        assert [goods(r) for r in advised(replace(case, remedies=(*case.remedies, *stray))).requests] == [
            [("A", 1)]
        ]
        assert advise_returns(replace(case, remedies=tuple(stray)), BOSS) is None

    def test_under_a_rule_that_is_gone_we_pay(self):
        case = coming_back(("A", 1, MIND))
        gone = tuple(remedy.model_copy(update={"rule": "gone"}) for remedy in case.remedies)
        assert advised(replace(case, remedies=gone)).requests[0].pays == "seller"


class TestTheChecklist:
    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_step_is_a_sentence(self, lang: str):
        case = coming_back(
            ("A", 1, MIND), ("B", 2, WRONG), ("C", 1, ProblemType.EXTRA_ITEM), kinds={WRONG: EXCHANGE}
        )
        fba = case.remedies[0].model_copy(update={"remedy": "r9", "channel": Channel.FBA})
        case = replace(case, remedies=(*case.remedies, fba))
        advice = advised(case)
        said = [say(step, lang) for step in return_checklist(case, advice, BOSS)]
        assert len(said) == len(set(said)) >= 11
        assert not any("{" in one or one.startswith("check_") for one in said)

    def test_deadlines_are_those_of_the_marketplace(self):
        def codes(market: Marketplace, currency: str) -> dict[str, Any]:
            case = coming_back(("A", 1, MIND), market=market, currency=currency)
            steps = return_checklist(case, advised(case), BOSS)
            return {step.code: step.params.get("value") for step in steps}

        us, uk = codes(Marketplace.US, "USD"), codes(Marketplace.UK, "GBP")
        assert us["check_refund_days"] == 4
        assert uk["check_refund_working_days"] == 2
        assert us["check_authorise"] == uk["check_authorise"] == 48

    def test_goods_of_amazon_alone_are_not_authorised_or_counted(self):
        case = coming_back(("A", 1, DEFECT))
        fba = case.remedies[0].model_copy(update={"channel": Channel.FBA})
        case = replace(case, remedies=(fba,))
        codes = [step.code for step in return_checklist(case, advised(case), BOSS)]
        assert codes == ["check_nothing_twice", "check_way_amazon"]

    def test_before_the_lock_no_clock_runs(self):
        assert return_clock("refund_after_receipt", an_open_case(), BOSS) is None


class TestTheWordsForTheBuyer:
    def words(self, case: Case, locale: str = "en", setting: Setting = BOSS) -> str:
        return returns_explanation(
            case, advised(case, setting), policy=setting.policy, now=setting.now, locale=locale
        )

    def test_one_request(self):
        text = self.words(coming_back(("A", 2, MIND), ("B", 1, MIND)))
        assert text.startswith("Please open one return")
        assert (
            "- 2 x Desk lamp, colour 1\n- 1 x Desk lamp, colour 2\nThe return shipping is at your cost."
            in text
        )
        assert "Return 1" not in text
        assert "Why" not in text

    def test_several_with_the_reasons_and_a_verified_day(self):
        now = datetime(2026, 9, 20, 9, tzinfo=NOW.tzinfo)
        case = coming_back(
            ("A", 1, MIND), ("B", 1, DEFECT), placed_at=now - timedelta(days=20), delivered={"A": date(2026, 9, 5), "B": date(2026, 9, 5)}
        )  # fmt: skip
        text = self.words(case, setting=replace(BOSS, now=now))
        assert "Please open 2 separate returns" in text
        assert "Return 2\n- 1 x Desk lamp, colour 2\nThe way back is free of charge for you." in text
        assert text.count("Please hand the parcel in by Mon 5 Oct 2026.") == 2
        assert text.endswith(
            "Why several parcels: the way back is free of charge for some of the products only.\n"
        )

    def test_a_day_that_is_over_is_not_told(self):
        now = datetime(2026, 10, 7, 9, tzinfo=NOW.tzinfo)
        case = coming_back(
            ("A", 1, MIND), placed_at=now - timedelta(days=40), delivered={"A": date(2026, 9, 5)}
        )
        assert "hand the parcel in" not in self.words(case, setting=replace(BOSS, now=now))

    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_language_has_every_phrase(self, locale: str):
        case = coming_back(
            ("PLT26-GRN", 16, MIND), ("BWL15-GRN", 16, MIND), ("B", 2, WRONG), ("C", 1, DEFECT),
            ("CHAIR-BLK", 1, MIND), ("D", 1, ProblemType.EXTRA_ITEM), kinds={WRONG: EXCHANGE},
        )  # fmt: skip
        fba = case.remedies[0].model_copy(update={"remedy": "r9", "channel": Channel.FBA})
        text = self.words(replace(case, remedies=(*case.remedies, fba)), locale)
        assert "{" not in text
        assert text.count("\n\n") >= 6
        others = {one: self.words(case, one) for one in LOCALES}
        assert len(set(others.values())) == len(LOCALES)

    def test_only_amazon(self):
        case = coming_back(("A", 1, DEFECT))
        case = replace(case, remedies=(case.remedies[0].model_copy(update={"channel": Channel.FBA}),))
        assert self.words(case).startswith("These products come back through Amazon's customer service")

    def test_every_rule_that_keeps_apart_can_be_said(self):
        from playbook.letters.words import words

        said = {
            "label_limit",
            "one_address",
            "one_payer",
            "refund_closes_request",
            "window_closed",
            "window_spread",
        }
        for locale in LOCALES:
            assert said <= words(locale).returns.keys()


class TestTheRows:
    def test_weights(self):
        assert [kilograms(grams) for grams in (15000, 22500, 380, 68038, 1)] == [
            "15", "22.5", "0.38", "68.04", "0",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("then", "words"),
        [
            ({"about": "address"}, "needs name and address"),
            ({"about": "label", "name": {"en": "x", "zh_CN": "x"}}, "most_grams, most_units or both"),
            ({"about": "weight"}, "needs grams"),
            ({"about": "merge", "name": {"en": "x", "zh_CN": "x"}}, "needs otherwise"),
        ],
    )
    def test_a_row_says_what_it_is_about(self, then: dict[str, Any], words: str):
        with pytest.raises(ValueError, match=words):
            ReturnThen.model_validate(then)

    @pytest.mark.parametrize("pattern", ["*", "A*B", ""])
    def test_a_star_stands_at_the_end(self, pattern: str):
        with pytest.raises(ValueError, match="string_pattern_mismatch"):
            ReturnWhen.model_validate({"sku": [pattern]})

    def test_rows_hold_where_they_say(self):
        rows = the_policy().return_rows
        on = NOW.date()
        labels = [row.id for row in rows(About.LABEL, market=Marketplace.UK, channel=Channel.FBM, on=on)]
        assert labels == ["label_uk_prepaid", "label_house"]
        assert rows(About.LABEL, market=Marketplace.UK, channel=Channel.FBA, on=on) == ()

    def test_every_problem_and_marketplace_is_covered(self):
        from playbook.policy.lint import returns_open

        assert list(returns_open(the_policy(), NOW.date())) == []
        rows = the_policy().rows
        gone = {"reason_defect", "address_default", "label_house"}
        left = Policy(replace(rows, returns=tuple(row for row in rows.returns if row.id not in gone)))
        findings = list(returns_open(left, NOW.date()))
        assert len(findings) == len(Marketplace)
        said = {finding.sentence for finding in findings}
        assert "DE lacks a return address for every SKU, a label limit, a return reason for defect" in said


SKUS = ("PLT26-GRN", "BWL15-GRN", "CHAIR-BLK", "WBRD-L", "A", "B")


@st.composite
def some_returns(draw: st.DrawFn) -> Case:
    """Up to six lines of any kind that come back, on any channel, delivered on any day."""
    count = draw(st.integers(1, 6))
    drawn = [
        (
            f"{draw(st.sampled_from(SKUS))}{number if draw(st.booleans()) else ''}",
            draw(st.integers(1, 90)),
            draw(st.sampled_from([MIND, DEFECT, WRONG])),
        )
        for number in range(count)
    ]
    case = coming_back(*drawn, kinds={WRONG: EXCHANGE})
    days = st.one_of(st.none(), st.integers(0, 60).map(lambda day: date(2026, 9, 20) + timedelta(days=day)))
    assert case.order is not None
    lines = tuple(line.model_copy(update={"delivered_on": draw(days)}) for line in case.order.lines)
    order: Order = case.order.model_copy(update={"lines": lines, "placed_at": SEPTEMBER})
    channels = st.sampled_from([Channel.FBM, Channel.FBM, Channel.FBM, Channel.FBA, Channel.SFP])
    remedies = tuple(r.model_copy(update={"channel": draw(channels)}) for r in case.remedies)
    return replace(case, order=order, remedies=remedies)


@settings(max_examples=120, deadline=None)
@given(some_returns())
def test_every_unit_comes_back_once_in_a_parcel_that_a_label_carries(case: Case):
    advice = advised(case)
    asked = {remedy.remedy: remedy.units for remedy in case.remedies}
    for requests in (advice.requests, *((advice.other.requests,) if advice.other else ())):
        back: dict[str, int] = {}
        for request in requests:
            for line in request.lines:
                back[line.remedy] = back.get(line.remedy, 0) + line.units
                remedy = case.remedy(line.remedy)
                assert remedy is not None
                assert remedy.channel is request.channel
        assert back == asked
    for request in advice.requests:
        own = [case.remedy(line.remedy) for line in request.lines]
        assert request.way == "amazon" or len({remedy.kind for remedy in own if remedy}) == 1
        if request.way == "amazon":
            continue
        assert request.units <= 40
        weights = [line.units * line.grams for line in request.lines if line.grams is not None]
        assert sum(weights) <= 15000
        ends = [line.closes_at for line in request.lines if line.closes_at is not None]
        assert not ends or max(ends) - min(ends) <= timedelta(days=7)
        assert len({end < BOSS.now for end in ends}) <= 1
