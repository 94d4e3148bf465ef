"""Explanations for people and machines, and the commands that print them."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from playbook.commands.policy import policy as command
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.orders import Channel
from playbook.policy import Policy, RemedyFacts
from playbook.policy.explain import COLUMNS, as_json, as_text, column_name, table, width
from playbook.policy.schema import schemas, write_schemas

Make = Callable[..., RemedyFacts]
Plant = Callable[..., Path]
SCHEMAS = Path(__file__).resolve().parents[2] / "data" / "schemas"


def test_text_names_hits_misses_and_reasons(policy: Policy, facts: Make, today: date) -> None:
    text = as_text(policy, facts(), today, "en")
    lines = text.splitlines()
    assert lines[0] == f"Rules {policy.version}, as of 2026-11-23"
    assert "shipped: yes" in lines[1]
    assert "evidence: none" in lines[1]
    assert "in stock: ?" in lines[1]
    hit = next(line for line in lines if "fbm_damage_replacement_small" in line)
    assert hit.startswith("Replacement")
    assert "allowed" in hit
    assert "remedies.yaml:" in hit
    miss = next(line for line in lines if line.startswith("fbm_late_claim_refund"))
    assert miss.endswith("true  false")
    assert any("←" in line for line in lines)
    assert lines[-1].endswith("more rows are about other problems, channels, marketplaces or times.")
    assert "fba_redirect" not in text


def test_everything_lists_the_far_rows_too(policy: Policy, facts: Make, today: date) -> None:
    text = as_text(policy, facts(evidence=frozenset({Evidence.PHOTO})), today, "en", everything=True)
    assert "fba_redirect" in text
    assert "more rows are about" not in text


def test_chinese_reasons(policy: Policy, facts: Make, today: date) -> None:
    text = as_text(policy, facts(channel=Channel.FBA), today, "zh_CN")
    assert "该商品由亚马逊配送" in text
    assert "→ 请引导买家联系亚马逊客服" in text


def test_no_row_fits(policy: Policy, facts: Make) -> None:
    from playbook.policy.tables import RemedyTable

    empty = Policy(policy.rows)
    object.__setattr__(empty, "_table", RemedyTable((), {}))
    assert "No row fits." in as_text(empty, facts(), date(2026, 1, 1), "en")


def test_json_is_plain(policy: Policy, facts: Make, today: date) -> None:
    told = json.loads(json.dumps(as_json(policy, facts(evidence=frozenset({Evidence.PHOTO})), today)))
    assert told["facts"]["claim_value"] == "12.75 USD"
    assert told["facts"]["evidence"] == ["photo"]
    assert told["facts"]["in_stock"] is None
    assert told["hits"][0]["rule"] == "fbm_damage_replacement_small"
    assert told["hits"][0]["instead"] is None
    assert {step["result"] for step in told["trace"]} == {"hit", "overruled", "miss"}
    refused = as_json(policy, facts(channel=Channel.SFP), today)["hits"][1]
    assert refused["instead"]["zh_CN"]


def test_columns_have_names() -> None:
    assert set(COLUMNS) >= {"issue", "channel", "market", "valid", "in_stock"}
    assert column_name("days_since_delivery", "en") == "days since delivery"


def test_table_aligns_wide_characters() -> None:
    assert width("补发 a") == 6
    assert table([("补发", "x"), ("abc", "y")]) == ["补发  x", "abc   y"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


EXPLAIN = ("explain", "--issue", "transit_damage", "--channel", "FBM", "--on", "2026-11-23")


def test_explain_command() -> None:
    result = run(*EXPLAIN, "--units", "3", "--units-ordered", "40", "--unit-price", "4.25", "--days", "5",
                 "--evidence", "photo", "--evidence", "video", "--business", "--in-stock")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "fbm_damage_replacement_small" in result.output
    assert "photo/video" in result.output


def test_explain_json_and_market_currency() -> None:
    result = run(*EXPLAIN, "--market", "JP", "--unit-price", "5000", "--units", "2", "--json", "--unshipped")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["facts"]["claim_value"] == "10000 JPY"
    assert told["facts"]["shipped"] is False


@pytest.mark.parametrize(
    "more",
    [
        ("--market", "XX"),
        ("--units", "0"),
        ("--units", "3", "--units-ordered", "2"),
        ("--unit-price", "abc"),
        ("--unit-price", "1.005"),
        ("--unit-price", "-1"),
        ("--unit-price", "99999999999"),
        ("--market", "JP", "--unit-price", "1.50"),
        ("--evidence", "rumour"),
        ("--on", "yesterday"),
        ("--lang", "fr"),
    ],
)
def test_wrong_usage_is_exit_2(more: tuple[str, ...]) -> None:
    result = run(*EXPLAIN, *more)
    assert result.exit_code == 2
    assert "Error" in result.output


def test_missing_options_are_exit_2() -> None:
    assert run("explain", "--issue", "late").exit_code == 2
    assert run("explain", "--issue", "lateness", "--channel", "FBM").exit_code == 2


def test_rules_that_cannot_be_used_are_exit_3(planted: Plant) -> None:
    folder = planted("remedies.yaml", "rank: 32", "rnk: 32")
    result = run(*EXPLAIN, "--policies", str(folder))
    assert result.exit_code == 3
    assert "remedies.yaml:" in result.output


def test_lint_command(planted: Plant) -> None:
    result = run("lint", "--on", "2026-11-23")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "0 errors, 1 warnings"
    folder = planted("remedies.yaml", "rank: 32", "rnk: 32")
    result = run("lint", "--policies", str(folder))
    assert result.exit_code == 1
    assert "[load]" in result.output


def test_lint_that_cannot_run_is_exit_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError("no processes left")

    monkeypatch.setattr("playbook.policy.lint.lint_folder", fails)
    result = run("lint")
    assert result.exit_code == 3
    assert "no processes left" in result.output


def test_schema_command(tmp_path: Path) -> None:
    listed = run("schema")
    assert listed.output.split() == [
        "marketplaces.yaml", "calendars.yaml", "approvals.yaml", "deadlines.yaml", "message_rules.yaml",
        "remedies.yaml", "restocking.yaml", "returns.yaml",
    ]  # fmt: skip
    printed = run("schema", "remedies.yaml")
    assert json.loads(printed.output)["title"] == "RemedyFile"
    assert run("schema", "recipes.yaml").exit_code == 2
    written = run("schema", "--out", str(tmp_path / "new"))
    assert written.exit_code == 0
    assert len(list((tmp_path / "new").iterdir())) == 8
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert run("schema", "--out", str(blocked / "below")).exit_code == 3


@pytest.mark.parametrize("name", ["", "lint", "explain", "schema"])
def test_help_has_an_example(name: str) -> None:
    result = run(*([name] if name else []), "--help")
    assert result.exit_code == 0
    assert "Example: playbook policy" in result.output


def test_the_schemas_in_data_are_those_of_the_models(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    assert {path.name for path in SCHEMAS.glob("*.schema.json")} >= set(schemas())
    for name, text in schemas().items():
        assert (SCHEMAS / name).read_text(encoding="utf-8") == text, (
            "run: playbook policy schema --out data/schemas"
        )
        assert (tmp_path / name).read_text(encoding="utf-8") == text


def test_every_problem_can_be_explained(policy: Policy, facts: Make, today: date) -> None:
    for issue in ProblemType:
        assert str(issue.value) in json.dumps(as_json(policy, facts(issue=issue), today)["facts"])
