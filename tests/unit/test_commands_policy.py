"""`playbook policy`: lint, explain and schema, with the exit codes that scripts rely on."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from playbook.cli import main
from playbook.settings import data_dir

DAMAGE = ("--issue", "transit_damage", "--channel", "FBM")


def policy(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, args)], catch_exceptions=False)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules, to be spoilt."""
    shutil.copytree(data_dir() / "policies", tmp_path / "policies")
    return tmp_path / "policies"


class TestLint:
    def test_the_shipped_rules_have_no_errors(self) -> None:
        result = policy("lint", "--on", "2026-11-24")
        assert result.exit_code == 0, result.output
        assert result.output.splitlines()[-1].startswith("0 errors, ")

    def test_today_is_the_default(self) -> None:
        assert policy("lint").exit_code == 0

    def test_a_mistake_is_an_error_with_its_line(self, rules: Path) -> None:
        (rules / "approvals.yaml").write_text("rows:\n- id: x\n  colour: red\n")
        result = policy("lint", "--policies", rules)
        assert result.exit_code == 1
        assert "approvals.yaml:" in result.output
        assert "colour" in result.output

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        result = policy("lint", "--policies", tmp_path / "nowhere")
        assert result.exit_code in {1, 3}
        assert "Traceback" not in result.output
        assert result.output.strip()


class TestExplain:
    def test_a_table_in_both_languages(self) -> None:
        english = policy("explain", *DAMAGE, "--units", "3", "--units-ordered", "40", "--days", "5")
        chinese = policy("explain", *DAMAGE, "--lang", "zh_CN")
        assert (english.exit_code, chinese.exit_code) == (0, 0)
        assert "replacement" in english.output.casefold()
        assert any("一" <= char <= "鿿" for char in chinese.output)

    def test_json_for_programs(self) -> None:
        result = policy("explain", *DAMAGE, "--json", "--evidence", "photo", "--in-stock")
        assert json.loads(result.output)

    def test_all_rows_are_more_rows(self) -> None:
        few, many = policy("explain", *DAMAGE), policy("explain", *DAMAGE, "--all")
        assert len(many.output) > len(few.output)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--issue", "sadness", "--channel", "FBM"), "sadness"),
            (("--issue", "transit_damage"), "--channel"),
            ((*DAMAGE, "--units", "0"), "--units"),
            ((*DAMAGE, "--units", "5", "--units-ordered", "4"), "5 claimed, but only 4 ordered"),
            ((*DAMAGE, "--unit-price", "cheap"), "--unit-price"),
            ((*DAMAGE, "--unit-price", "-1"), "is not a price"),
            ((*DAMAGE, "--unit-price", "99999999999"), "is not a price"),
            ((*DAMAGE, "--on", "tomorrow"), "tomorrow"),
        ],
    )
    def test_wrong_usage(self, options: tuple[str, ...], said: str) -> None:
        result = policy("explain", *options)
        assert result.exit_code == 2
        assert said in result.stderr

    def test_broken_rules_cannot_explain(self, rules: Path) -> None:
        (rules / "remedies.yaml").write_text("rows: 7\n")
        result = policy("explain", *DAMAGE, "--policies", rules)
        assert result.exit_code == 3
        assert result.stderr.startswith("The rules cannot be used:\nremedies.yaml:1: ")


class TestSchema:
    def test_the_files_in_data_are_what_the_models_say(self, tmp_path: Path) -> None:
        result = policy("schema", "--out", tmp_path)
        assert result.exit_code == 0
        written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
        shipped = {path.name: path.read_text("utf-8") for path in (data_dir() / "schemas").iterdir()}
        others = {
            "measures.schema.json",
            "scorecard.schema.json",
        }  # of other rooms, which hold them to theirs
        assert written == {name: text for name, text in shipped.items() if name not in others}
        assert len(result.output.splitlines()) == len(written)

    def test_one_file_on_the_terminal(self) -> None:
        listed = policy("schema").output.split()
        assert sorted(listed) == sorted(path.name for path in (data_dir() / "policies").iterdir())
        for name in listed:
            assert json.loads(policy("schema", name).output)["type"] == "object"

    @pytest.mark.parametrize("name", ["remedy.yaml", "../../etc/passwd", ""])
    def test_a_file_that_there_is_not(self, name: str) -> None:
        result = policy("schema", name)
        assert result.exit_code == 2
        assert "there are" in result.stderr
        assert "remedies.yaml" in " ".join(result.stderr.split())

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        result = policy("schema", "--out", tmp_path / "file" / "schemas")
        assert result.exit_code == 3
        assert "cannot be written" in result.stderr
