"""environment.yml, pyproject.toml and constraints.txt say the same."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"jupyterlab", "ipywidgets", "pandas", "voila", "papermill", "pytest"}
NAME = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?(.*)")


def split(requirement: str) -> tuple[str, str]:
    match = NAME.fullmatch(requirement)
    assert match is not None, requirement
    return match.group(1).lower(), match.group(2)


def project() -> dict[str, str]:
    """Name -> range, of the project and its test extra."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*data["dependencies"], *data["optional-dependencies"]["test"]]
    return {"python": data["requires-python"], **dict(split(requirement) for requirement in asked)}


def test_environment_has_the_given_packages_with_the_ranges_of_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge"]
    *conda, pip = environment["dependencies"]
    ranges = dict(split(requirement) for requirement in conda)
    assert ranges.pop("pip") == ""
    assert set(ranges) == GIVEN | {"python"}
    assert ranges == {name: project()[name] for name in ranges}
    assert pip == {"pip": ["-e .[test]"]}


def test_constraints_pin_every_dependency_and_name_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines)
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    assert {name.lower().replace("_", "-") for name in project()} - {"python"} <= pinned
