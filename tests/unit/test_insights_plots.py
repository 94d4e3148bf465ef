"""Plots: right marks at right places, the same bytes again, words as text, names for screen readers."""

import subprocess
import sys
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from playbook.i18n import LANGUAGES
from playbook.insights import drawing, plots
from playbook.insights.plots import Bar, Heat, Point

SVG = "{http://www.w3.org/2000/svg}"
BARS = (
    Bar("B", "Missing units", 5, 100, 0.05, 0.016, 0.11, 0.01),
    Bar("果酱套装" * 8, "运输破损", 30, 600, 0.05, 0.03, 0.07, 0.01, notable=True, href="#cases-1"),
    Bar("<script>alert(1)</script>", "x & y", 0, 50, 0.0, 0.0, 0.06),
)
MONDAY = date(2026, 4, 6)
POINTS = tuple(
    Point(MONDAY + timedelta(weeks=week), 2 if week < 15 else 9, 60, 0.0, 0.1) for week in range(20)
)
HEAT = Heat(
    ("A", "B"), ("Missing", "Defect"), {("A", "Missing"): 0.08, ("B", "Defect"): 0.01},
    frozenset({("A", "Missing")}), {("A", "Missing"): "#cases-2"},
)  # fmt: skip
PATHS = (
    ("Missing", "Resend", "done", 7),
    ("Missing", "Resend", "done", 3),
    ("Missing", "Refund", "open", 2),
    ("Defect", "Refund", "done", 4),
    ("Defect", "Refund", "open", 0),
)
TIMES = {"Missing": [1.0, 2.0, 6.0], "Defect": [1.0, 2, 3, 4, 5, 6, 7, 8, 20]}


def all_of(lang: str) -> dict[str, str]:
    return {
        "pareto": plots.pareto(BARS, lang),
        "control": plots.control_chart(
            POINTS, 0.03, lang, title="A", change=POINTS[15].day, effective=POINTS[18].day
        ),
        "heat": plots.heat_map(HEAT, lang),
        "flow": plots.flow(PATHS, lang),
        "times": plots.times(TIMES, lang),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return all_of("en")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def widths(svg: str) -> list[float]:
    """How long the drawn horizontal extents of all areas with a hatch or colour of bars are."""
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        style = path.get("style", "")
        if "#56b4e9" in style.lower() or "url(#" in style:
            xs = [
                float(word)
                for word in path.get("d", "").replace("M", "L").split("L")[1:]
                for word in word.split()[:1]
            ]
            found.append(max(xs) - min(xs))
    return found


class TestEveryPlot:
    def test_the_same_values_give_the_same_bytes(self, drawn: dict[str, str]) -> None:
        assert all_of("en") == drawn

    def test_it_has_a_name_and_a_description(self, drawn: dict[str, str]) -> None:
        for name, svg in drawn.items():
            root = ET.fromstring(svg)
            title, description = root[0], root[1]
            assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
            assert title.text
            assert description.text
            assert root.get("aria-labelledby") == f"{name}-title {name}-desc"

    def test_ids_of_several_plots_on_a_page_do_not_collide(self, drawn: dict[str, str]) -> None:
        ids = [e.get("id") for svg in drawn.values() for e in ET.fromstring(svg).iter() if e.get("id")]
        assert len(ids) == len(set(ids))

    def test_every_reference_inside_leads_somewhere(self, drawn: dict[str, str]) -> None:
        import re

        for svg in drawn.values():
            root = ET.fromstring(svg)
            ids = {element.get("id") for element in root.iter()}
            asked = set(re.findall(r"url\(#([^)]+)\)", svg)) | {
                str(e.get("{http://www.w3.org/1999/xlink}href"))[1:] for e in root.iter(f"{SVG}use")
            }
            assert asked <= ids

    def test_it_carries_no_style_sheet_date_or_script(self, drawn: dict[str, str]) -> None:
        for svg in drawn.values():
            root = ET.fromstring(svg)
            assert not [
                e.tag for e in root.iter() if e.tag.rpartition("}")[2] in {"style", "metadata", "script"}
            ]

    def test_chinese_is_text_that_the_reader_s_browser_draws(self) -> None:
        svg = plots.pareto(BARS, "zh_CN")
        assert any(text.endswith("… · 运输破损") for text in texts(svg))
        assert "Noto Sans CJK SC" in svg
        assert "DejaVu" not in svg

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_nothing_to_draw_draws_nothing(self, lang: str) -> None:
        assert plots.pareto([], lang) == ""
        assert plots.control_chart([], 0.03, lang, title="A") == ""
        assert plots.control_chart([Point(MONDAY, 0, 0, 0, 1)] * 3, 0.03, lang, title="A") == ""
        assert plots.heat_map(Heat((), (), {}), lang) == ""
        assert plots.flow([("a", "b", "c", 0)], lang) == ""
        assert plots.times({"a": []}, lang) == ""


class TestPareto:
    def test_most_units_first_with_their_sum(self, drawn: dict[str, str]) -> None:
        found = texts(drawn["pareto"])
        shares = [text for text in found if text.endswith("%") and " " not in text]
        assert shares == ["86%", "100%", "100%"]
        assert [text for text in found if " / " in text] == [
            "30 / 600",
            "5 / 100",
            "0 / 50",
            "faulty / shipped",
        ]

    def test_bars_are_as_long_as_their_rates(self, drawn: dict[str, str]) -> None:
        lengths = widths(drawn["pareto"])
        assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)
        assert lengths[2] == 0

    def test_a_bar_and_its_name_lead_to_its_cases(self, drawn: dict[str, str]) -> None:
        links = [link.get("href") for link in ET.fromstring(drawn["pareto"]).iter(f"{SVG}a")]
        assert links == ["#cases-1", "#cases-1"]

    def test_hostile_names_are_text(self, drawn: dict[str, str]) -> None:
        assert "<script" not in drawn["pareto"]
        assert any("<script>" in text for text in texts(drawn["pareto"]))


class TestControlChart:
    def test_points_outside_and_the_change_are_told(self, drawn: dict[str, str]) -> None:
        description = ET.fromstring(drawn["control"])[1].text or ""
        assert description.startswith("20 weeks; 5 outside")
        assert POINTS[15].day.isoformat() in description
        assert f"change {POINTS[15].day}" in texts(drawn["control"])
        assert f"action {POINTS[18].day}" in texts(drawn["control"])

    def test_a_change_outside_the_weeks_is_not_drawn_into_them(self) -> None:
        svg = plots.control_chart(POINTS, 0.03, "en", title="A", change=date(2020, 1, 6))
        assert not [text for text in texts(svg) if text.startswith("change")]


class TestHeatMap:
    def test_numbers_stand_in_cells_and_signals_are_marked_without_colour(
        self, drawn: dict[str, str]
    ) -> None:
        assert "8.0!" in texts(drawn["heat"])
        assert "1.0" in texts(drawn["heat"])

    def test_only_the_first_rows_are_drawn(self) -> None:
        many = tuple(f"S{n}" for n in range(50))
        svg = plots.heat_map(Heat(many, ("p",), {(row, "p"): 0.1 for row in many}), "en")
        assert "S19" in texts(svg)
        assert "S20" not in texts(svg)


class TestFlow:
    def test_nodes_carry_their_units(self, drawn: dict[str, str]) -> None:
        assert {"Missing 12", "Defect 4", "Resend 10", "Refund 6", "done 14", "open 2"} <= set(
            texts(drawn["flow"])
        )

    def test_the_largest_way_is_told(self, drawn: dict[str, str]) -> None:
        assert "Missing → Resend → done: 10" in (ET.fromstring(drawn["flow"])[1].text or "")


class TestTimes:
    def test_the_slowest_first_with_median_and_cases(self, drawn: dict[str, str]) -> None:
        found = texts(drawn["times"])
        assert [text for text in found if text.endswith("cases")] == ["5.0 d, 9 cases", "2.0 d, 3 cases"]


def test_long_texts_are_shortened_by_what_they_measure() -> None:
    assert drawing.shortened("short", 2) == "short"
    cut = drawing.shortened("很长的名称" * 10, 1.5)
    assert cut.endswith("…")
    assert drawing.width_of(cut) <= 1.6


def test_rates_never_become_nothing_by_rounding() -> None:
    assert [plots.percent(share) for share in (0, 0.0004, 0.05, 1)] == ["0.0 %", "0.04 %", "5.0 %", "100.0 %"]


def test_an_agent_s_page_loads_neither_matplotlib_nor_scipy() -> None:
    code = (
        "import sys, importlib; import playbook.notebook as pb;"
        "[importlib.import_module(f'playbook.widgets.{view}') for view in (*pb.VIEWS, 'insights')];"
        "heavy = {'matplotlib', 'scipy', 'pandas'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
