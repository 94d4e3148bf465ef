"""The page of causes as somebody uses it: looking, filtering, planning an action, seeing whether it helped."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import ipywidgets as w
import pytest

import playbook.notebook as pb
from playbook.desk import Desk
from playbook.domain.improvements import ImprovementState
from playbook.insights import plots
from playbook.insights.model import InsightsModel, Material, sample_material
from playbook.widgets.insights import InsightsView, Parts
from tests.desks import Clock
from tests.widgets.page import Screen


class Causes(Screen):
    """A window on the page of causes."""

    def __init__(self, model: InsightsModel) -> None:
        self.model = model
        self.view = InsightsView(model)
        self.view.show()
        super().__init__(lambda: [self.view])


@pytest.fixture
def own(desk: Desk) -> Material:
    """Sample rows of four SKUs as if they were the desk's own."""
    material = sample_material(desk)
    few = {"LAMP-DESK", "LAMP-NIGHT", "LAMP-PARTY", "JAM-SET-12"}
    return replace(
        material,
        faults=[fault for fault in material.faults if fault.sku in few],
        shipped=[row for row in material.shipped if row.sku in few],
        is_sample=False,
        sample_actions=(),
    )


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No drawings, where a test is not about them: they take most of the time."""
    for name in ("pareto", "control_chart", "heat_map", "flow", "times"):
        monkeypatch.setattr(plots, name, lambda *_args, **_named: "")


@pytest.fixture
def page(desk: Desk) -> Iterator[Callable[..., Causes]]:
    """Opens the page: ``page(material, "zh_CN")``."""
    nothing = Material((), (), ())
    yield lambda own=nothing, lang="en": Causes(InsightsModel(desk, own, lang))
    w.Widget.close_all()


class TestLooking:
    def test_without_data_the_page_says_so_instead_of_drawing(self, page: Callable[..., Causes]) -> None:
        shown = page()
        shown.sees(
            "Not enough data: nothing was shipped", "That is an answer", "No action yet.", "Not enough data."
        )
        assert "<svg" not in "".join(shown.html)
        assert "Plan the action" not in shown.button_names

    def test_sample_data_are_shown_on_request_and_called_so(self, page: Callable[..., Causes]) -> None:
        shown = page()
        shown.set("Show sample data", True)
        shown.sees(
            "Sample data", "nothing here is yours", "JAM-SET-12", "LAMP-DESK · Does not work", "worked: 0."
        )
        assert "".join(shown.html).count("<svg") >= 6
        assert "Plan the action" not in shown.button_names
        shown.set("Show sample data", False)
        shown.misses("Sample data", "LAMP-DESK")

    def test_a_bar_leads_to_its_cases(self, page: Callable[..., Causes], own: Material) -> None:
        shown = "".join(page(own).html)
        targets = set(re.findall(r'<a href="#(signal-\d+)"', shown))
        assert len(targets) >= 10
        assert targets == set(re.findall(r'id="(signal-\d+)"', shown))
        assert re.search(r'href="case\.ipynb\?case=2026-\d{4}&amp;lang=en&amp;agent=lin"', shown)

    def test_ids_are_unique_on_the_page(self, page: Callable[..., Causes], own: Material) -> None:
        ids = re.findall(r' id="([^"]+)"', "".join(page(own).html))
        assert len(ids) == len(set(ids))

    @pytest.mark.usefixtures("undrawn")
    def test_filters_narrow_what_is_counted(self, page: Callable[..., Causes], own: Material) -> None:
        shown = page(own)
        whole = shown.model.picture.units_shipped
        shown.choose("Marketplace", "DE")
        assert 0 < shown.model.picture.units_shipped < whole
        shown.choose("Marketplace", "all")
        shown.choose("Problem", "Does not work")
        assert {fault.problem for fault in shown.model.picture.faults} == {"defect"}
        shown.sees("LAMP-DESK")
        shown.choose("Department", "Warehouse department")
        assert not shown.model.picture.signals

    @pytest.mark.usefixtures("undrawn")
    def test_a_period_that_ends_first_is_refused_and_nothing_changes(
        self, page: Callable[..., Causes], own: Material
    ) -> None:
        shown = page(own)
        before = shown.model.filters
        shown.set("To", date(2020, 1, 1))
        shown.sees("The period ends on 2020-01-01, before it begins on")
        assert shown.model.filters == before
        shown.set("To", before.last)
        shown.misses("The period ends on 2020-01-01")

    @pytest.mark.usefixtures("undrawn")
    def test_an_empty_period_is_an_answer(self, page: Callable[..., Causes], own: Material) -> None:
        shown = page(own)
        shown.set("From", date(2019, 1, 1))
        shown.set("To", date(2019, 2, 1))
        shown.sees("Not enough data: nothing was shipped")

    def test_chinese(self, page: Callable[..., Causes], own: Material) -> None:
        page(own, "zh_CN").sees("问题最多的项目", "运输", "建议：", "批次 L9", "阅读说明")

    @pytest.mark.usefixtures("undrawn")
    def test_a_failure_is_told_on_the_page(
        self, page: Callable[..., Causes], own: Material, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = page(own)
        monkeypatch.setattr(Parts, "answer", lambda _self: 1 / 0)
        shown.choose("Marketplace", "DE")
        shown.sees("This did not work.")


@pytest.mark.usefixtures("undrawn")
class TestActing:
    def plan(self, shown: Causes) -> None:
        at = next(i for i, s in enumerate(shown.model.picture.signals) if s.about.get("sku") == "LAMP-DESK")
        shown.field("Signal").value = at
        shown.set("Due", date(2026, 12, 4))
        shown.set("Note", "call +44 7700 900123 and stop lot L9")
        shown.click("Plan the action")

    def test_a_signal_becomes_an_action_that_is_kept(
        self, page: Callable[..., Causes], own: Material, desk: Desk
    ) -> None:
        shown = page(own)
        self.plan(shown)
        shown.sees("Action 1: planned", "Stop the batch and inspect it", "2026-12-04", "not in effect")
        (action,) = desk.store.improvements()
        assert action.about == {"sku": "LAMP-DESK", "problem": "defect"}
        assert (action.owner, action.department, action.state) == ("lin", "product", ImprovementState.PLANNED)
        assert "900123" not in action.note

    def test_without_a_day_nothing_is_planned(
        self, page: Callable[..., Causes], own: Material, desk: Desk
    ) -> None:
        shown = page(own)
        shown.click("Plan the action")
        shown.sees("Say until when the action is due.")
        assert desk.store.improvements() == ()

    def test_what_became_of_it_is_measured_and_its_history_kept(
        self, page: Callable[..., Causes], own: Material, desk: Desk, clock: Clock
    ) -> None:
        shown = page(own)
        self.plan(shown)
        clock.forward(days=1)
        shown.click("It is in effect")
        shown.sees("Action 1: in effect", "too early to tell", "more must be shipped")
        assert [a.state.value for a in desk.store.improvement(1)] == ["planned", "in_effect"]
        clock.forward(days=60)
        shown.click("Close it")
        shown.sees("Action 1: closed")
        assert "Close it" not in shown.button_names

    def test_of_two_who_change_it_the_second_is_told(
        self, page: Callable[..., Causes], own: Material, desk: Desk
    ) -> None:
        first, second = page(own), page(own)
        self.plan(first)
        second.model.use(sample=False)
        second.view._draw()
        original = second.model.history
        stale = original(1)
        first.click("It is in effect")
        second.model.history = lambda _number: stale  # type: ignore[method-assign]
        second.click("Drop it")
        second.sees("A colleague changed this action meanwhile.")
        assert desk.store.improvement(1)[-1].state is ImprovementState.IN_EFFECT


def test_the_report_has_the_same_parts_without_controls(desk: Desk) -> None:
    parts = Parts(InsightsModel(desk, Material((), (), ()), sample=True)).all()
    assert parts.count("<svg") >= 6
    assert "<button" not in parts
    assert "JAM-SET-12" in parts


@pytest.mark.usefixtures("home")
class TestNotebookCall:
    def test_a_day_that_is_none_is_refused_with_a_sentence(self) -> None:
        with pytest.raises(ValueError, match="start is 'yesterday'; write a day, for example 2026-11-20"):
            pb.causes(mode="report", start="yesterday")

    def test_an_unknown_mode_is_refused(self) -> None:
        with pytest.raises(ValueError, match="write 'agent' or 'report'"):
            pb.causes(mode="check")
