"""Sheets for departments: each signal and action on exactly one, in both languages, safe in a spreadsheet."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from playbook.desk import Desk
from playbook.i18n import LANGUAGES
from playbook.i18n.improvements import DEPARTMENTS, MEASURES
from playbook.insights.model import InsightsModel, Material, sample_material
from playbook.insights.rows import Fault, Shipped
from playbook.insights.sheets import COLUMNS, department_list, department_sheet, departments
from playbook.widgets.printing import printed


@pytest.fixture
def model(desk: Desk) -> InsightsModel:
    return InsightsModel(desk, Material((), (), ()), sample=True)


def rows(model: InsightsModel, department: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(department_list(model, department).removeprefix("\ufeff"))))


def test_every_signal_and_action_is_on_one_sheet(model: InsightsModel) -> None:
    listed = [row for name in DEPARTMENTS for row in rows(model, name)]
    assert len([row for row in listed if row["kind"] == "signal"]) == len(model.picture.signals) > 2
    assert [row["outcome"] for row in listed if row["kind"] == "action"] == ["worked"]
    assert {row["measure"] for row in listed} <= set(MEASURES)
    assert tuple(listed[0]) == COLUMNS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sheet_has_signals_what_to_do_and_what_came_of_it(desk: Desk, lang: str) -> None:
    model = InsightsModel(desk, Material((), (), ()), lang, sample=True)
    page = printed(department_sheet(model, "purchasing"), lang)
    assert "JAM-SET-12" in page
    assert ("采购部" if lang == "zh_CN" else "Purchasing department") in page
    assert ("示例数据" if lang == "zh_CN" else "Sample data") in page
    assert ("已见效" if lang == "zh_CN" else "worked: ") in page


def test_a_department_without_signals_reads_so(desk: Desk) -> None:
    page = printed(department_sheet(InsightsModel(desk, Material((), (), ())), "product"), "en")
    assert "No signal for this department" in page


def test_what_is_under_way_is_not_to_be_decided_again(model: InsightsModel) -> None:
    sheet = department_sheet(model, "purchasing")
    to_decide = [line for part in sheet.parts if part.ticks for line in part.lines]
    assert not [line for line in to_decide if "JAM-SET-12" in line]


def test_formulas_from_outside_stay_text(desk: Desk) -> None:
    day = date(2026, 10, 5)
    material = Material(
        tuple(Fault("=1+1", day, 1, "defect", reference=f"o{n}") for n in range(40)),
        (Shipped("=1+1", day, 60), Shipped("B", day, 9000)),
        (),
    )
    model = InsightsModel(desk, material)
    found = [row["goods"] for name in DEPARTMENTS for row in rows(model, name)]
    assert found == ["'=1+1"]


def test_a_department_that_only_an_action_names_has_a_sheet(model: InsightsModel) -> None:
    action, measured = model.actions[0]
    assert departments([], [(replace(action, department="legal"), measured)]) == (*DEPARTMENTS, "legal")


def test_the_sample_rows_are_never_mixed_with_own_actions(desk: Desk) -> None:
    assert sample_material(desk).is_sample
    assert InsightsModel(desk, Material((), (), ())).actions == ()
