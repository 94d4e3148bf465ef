"""The notebooks are tables of contents, and run as pages, as checks and by plain papermill alike."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from papermill.exceptions import PapermillExecutionError

from playbook.samplecases.loading import load_sample
from playbook.settings import data_dir, notebooks_dir
from tests.builders import NOW

NOTEBOOKS = sorted(notebooks_dir().glob("*.ipynb"))
SAMPLE = "name-and-postcode"
PERSONAL = ("Wilhelmina", "Ashgrove", "YO1 7HH")

pytestmark = pytest.mark.filterwarnings(
    "ignore:Passing unrecognized arguments:DeprecationWarning", "ignore::DeprecationWarning:zmq"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernels work in a home of their own, on a Monday morning."""
    for name in ("PLAYBOOK_DATABASE", "PLAYBOOK_AGENT", "PLAYBOOK_LANG", "PLAYBOOK_CASES", "VOILA_KERNEL_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYBOOK_AS_OF", NOW.isoformat())
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    return tmp_path / "home"


def code_cells(path: Path) -> Iterator[Any]:
    yield from (cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_cells_are_a_table_of_contents(self, path: Path) -> None:
        logic = (
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.ClassDef,
            ast.For,
            ast.While,
            ast.Lambda,
            ast.comprehension,
        )
        for cell in code_cells(path):
            tree = ast.parse(cell.source)
            assert not [node for node in ast.walk(tree) if isinstance(node, logic)]
            if "parameters" not in cell.metadata.get("tags", []):
                assert len(cell.source.splitlines()) <= 4
                imported = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
                assert set(imported) <= {"playbook.notebook"}

    def test_nothing_is_kept_of_a_run(self, path: Path) -> None:
        for cell in code_cells(path):
            assert cell.outputs == []
            assert cell.execution_count is None


def test_papermill_finds_every_parameter() -> None:
    case = papermill.inspect_notebook(str(notebooks_dir() / "case.ipynb"))
    assert {name: kind["inferred_type_name"] for name, kind in case.items()} == dict.fromkeys(
        ("case_id", "sample", "mode", "agent", "lang", "as_of"), "str"
    )
    assert set(papermill.inspect_notebook(str(notebooks_dir() / "home.ipynb"))) == {"agent", "lang"}
    causes = papermill.inspect_notebook(str(notebooks_dir() / "insights.ipynb"))
    assert {name: kind["inferred_type_name"] for name, kind in causes.items()} == dict.fromkeys(
        ("start", "end", "marketplace", "problem", "department", "sample", "mode", "agent", "lang", "as_of"),
        "str",
    )


def run(tmp_path: Path, notebook: str = "case.ipynb", **parameters: str) -> Path:
    """A notebook through plain papermill, as it is executed."""
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(notebooks_dir() / notebook),
        str(out),
        parameters=parameters,
        progress_bar=False,
        log_output=False,
    )
    return out


def test_a_sample_passes_and_its_notebook_names_nobody(tmp_path: Path) -> None:
    text = run(tmp_path, mode="check", sample=SAMPLE).read_text("utf-8")
    assert "204-6613920-8840157" in text
    assert not [word for word in PERSONAL if word in text]
    message = load_sample(SAMPLE).message
    assert not [line for line in message.splitlines() if len(line) > 25 and line in text]


def test_a_wrong_copy_fails_with_every_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    shutil.copy(data_dir() / "cases" / "abc-list.yaml", cases)
    wrong = cases / "abc-list.yaml"
    text = wrong.read_text("utf-8")
    stage = f"stage: {load_sample('abc-list').expect.stage}"
    order = f"order_id: {load_sample('abc-list').expect.lock.order_id}"
    assert stage in text
    assert order in text
    wrong.write_text(
        text.replace(stage, "stage: lock").replace(order, "order_id: 114-0000000-0000000"), "utf-8"
    )
    monkeypatch.setenv("PLAYBOOK_CASES", str(cases))
    with pytest.raises(PapermillExecutionError) as failed:
        run(tmp_path, mode="check", sample="abc-list")
    assert failed.value.ename == "CheckFailedError"
    assert failed.value.evalue.startswith("2 differences:")
    assert "114-0000000-0000000" in failed.value.evalue
    assert "stage" in failed.value.evalue


def test_causes_become_a_static_report(tmp_path: Path) -> None:
    out = run(tmp_path, "insights.ipynb", mode="report", sample="yes", lang="zh_CN", end="2026-11-01")
    outputs = [o for cell in code_cells(out) for o in cell.outputs if o.output_type == "display_data"]
    (shown,) = [output.data["text/html"] for output in outputs]
    assert shown.count("<svg") >= 6
    assert "至 2026-11-01" in shown
    assert "示例数据" in shown


def executed(name: str) -> str:
    """What a notebook shows when it is run without parameters, outputs and widget state together."""
    notebook = nbformat.read(notebooks_dir() / name, as_version=4)
    NotebookClient(notebook, timeout=60).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)
    return nbformat.writes(notebook)


def test_the_pages_run_without_parameters(home: Path) -> None:
    for name in ("home.ipynb", "case.ipynb", "insights.ipynb"):
        text = executed(name)
        assert "pb-bad" not in "".join(line for line in text.splitlines() if "text/html" in line)
    assert (home / "playbook.db").is_file()


def test_the_review_runs_by_plain_papermill_and_shows_its_report(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    folder = tmp_path / "report"
    papermill.execute_notebook(
        str(notebooks_dir() / "review.ipynb"),
        str(out),
        parameters={"first": "2026-11-01", "last": "2026-11-22", "out": str(folder), "lang": "en"},
        progress_bar=False,
        log_output=False,
    )
    assert "No case was opened in this period" in out.read_text("utf-8")
    assert (folder / "report.html").is_file()
    with pytest.raises(PapermillExecutionError) as failed:
        papermill.execute_notebook(
            str(notebooks_dir() / "review.ipynb"),
            str(out),
            parameters={"marketplace": "DE"},
            progress_bar=False,
            log_output=False,
        )
    assert "there is no parameter 'marketplace'; did you mean marketplaces?" in failed.value.evalue
