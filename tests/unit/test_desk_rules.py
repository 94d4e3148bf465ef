"""A case keeps the rules it was opened under, until somebody adopts those of today."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from playbook.desk import Desk, Done
from playbook.domain.remedies import RemedyKind
from playbook.policy import Policy, load_policy
from playbook.settings import data_dir
from playbook.steps import Actor
from playbook.steps.commands import AdoptRules, ConfirmPlan, KeepPromise, WithdrawRemedy
from playbook.steps.options import options
from playbook.store import SqlStore, open_store
from tests.builders import a_line, an_order, choose, claim, the_policy
from tests.desks import Clock, a_desk, carried_out, claimed, done


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as store:
        yield store


@pytest.fixture
def tomorrow(tmp_path: Path) -> Policy:
    """Rules in which a replacement of damaged goods needs a lead."""
    folder = tmp_path / "policies"
    folder.mkdir()
    for source in (data_dir() / "policies").glob("*.yaml"):
        text = source.read_text("utf-8")
        old = "then: {<<: *reship, rank: 11, why: *w_proven, party: carrier}"
        assert source.name != "remedies.yaml" or old in text
        (folder / source.name).write_text(text.replace(old, old[:-1] + ", outcome: needs_lead}"), "utf-8")
    return load_policy(folder)


def replacement(desk: Desk, case_id: str) -> tuple[str, str]:
    """The outcome of a replacement on a desk, and the version of the rules behind it."""
    case = desk.case(case_id)
    assert case is not None
    setting = desk.setting(case)
    offered = {option.kind: option for option in options(case, case.claims[0], setting)}
    return offered[RemedyKind.REPLACEMENT].outcome, setting.policy.version


def test_a_case_keeps_its_rules_and_adopts_new_ones_when_asked(store: SqlStore, tomorrow: Policy) -> None:
    old = the_policy().version
    assert old != tomorrow.version
    case = claimed(a_desk(store))
    later = Desk(store, tomorrow, Actor("lin"), Clock())
    assert replacement(later, case.case_id) == ("allowed", old)
    outcome = later.do(case.case_id, AdoptRules(), seen=case.version)
    assert done(outcome).policy_version == tomorrow.version
    assert isinstance(outcome, Done)
    assert [event.policy_version for event in outcome.events] == [tomorrow.version]
    assert replacement(later, case.case_id) == ("needs_lead", tomorrow.version)
    assert replacement(a_desk(store), case.case_id) == ("needs_lead", tomorrow.version)


def test_every_event_names_the_rules_it_was_decided_under(store: SqlStore, tomorrow: Policy) -> None:
    case = claimed(a_desk(store))
    later = Desk(store, tomorrow, Actor("lin"), Clock())
    carried_out(later, case, choose(RemedyKind.REPLACEMENT))
    assert {event.policy_version for event in later.events(case.case_id)} == {the_policy().version}
    assert later.setting_today(case).policy is tomorrow


def test_rules_that_nobody_kept_or_can_read_give_way_to_those_of_today(
    store: SqlStore, tomorrow: Policy
) -> None:
    case = claimed(a_desk(store))
    today = Desk(store, tomorrow, Actor("lin"), Clock())
    assert today.policy_of(replace(case, policy_version="000000000000")) is tomorrow
    with store.write("rules") as tx:
        tx.keep_rules("bbbbbbbbbbbb", {"remedies.yaml": b"- broken"})
    assert today.policy_of(replace(case, policy_version="bbbbbbbbbbbb")) is tomorrow
    assert today.policy_of(replace(case, policy_version="")) is tomorrow


def test_the_stock_of_the_store_is_what_a_decision_knows(store: SqlStore) -> None:
    desk = a_desk(store)
    case = claimed(desk)
    assert desk.setting(case).stock == {}
    store.put_stock({"sku-1": 2}, desk.clock())
    assert desk.setting(case).stock == {"SKU-1": 2}
    assert replacement(desk, case.case_id)[0] == "refused"


def test_what_other_open_cases_have_promised_to_send_is_not_free(store: SqlStore) -> None:
    """Ten units counted: two cases on other orders send three and four, so three of them are free."""
    desk = a_desk(store)
    orders = [
        an_order(a_line(sku="MUG" if number else "mug "), order_id=f"204-5512873-770000{number}")
        for number in range(3)
    ]
    first, second, third = (
        claimed(desk, [claim(units)], order) for units, order in zip((3, 4, 4), orders, strict=True)
    )
    store.put_stock({"MUG": 10}, desk.clock())
    assert replacement(desk, third.case_id)[0] == "allowed"
    first = carried_out(desk, first, choose(RemedyKind.REPLACEMENT), ConfirmPlan())
    assert desk.setting(third).promised == {"MUG": 3}
    second = carried_out(desk, second, choose(RemedyKind.REPLACEMENT))
    assert desk.setting(third).promised == {"MUG": 7}
    assert desk.setting(first).promised == {"mug ": 4}
    assert replacement(desk, third.case_id)[0] == "refused"
    carried_out(desk, second, WithdrawRemedy("r1", "refund instead"))
    assert replacement(desk, third.case_id)[0] == "allowed"
    carried_out(desk, first, KeepPromise("p1", "1Z999"))
    assert desk.setting(third).promised == {}
