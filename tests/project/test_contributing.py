"""CONTRIBUTING.md speaks of what is there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PLACE = re.compile(
    r"`(?:python )?((?:\.ci|data|notebooks|playbook|tests)/[\w./-]+)`|^python (tests/\S+)$", re.MULTILINE
)


def test_every_place_it_names_exists() -> None:
    places = [one or other for one, other in PLACE.findall(TEXT)]
    assert len(places) >= 20
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_every_folder_of_tests_is_told() -> None:
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/*.py")}
    assert sorted(folder for folder in folders if f"| `tests/{folder}/` |" not in TEXT) == []


def test_every_marker_is_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    markers = {marker.partition(":")[0] for marker in project["pytest"]["ini_options"]["markers"]}
    assert sorted(marker for marker in markers if f"`{marker}`" not in TEXT) == []
