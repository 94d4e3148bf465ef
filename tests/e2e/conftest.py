"""Fixtures of the browser tests: one desk for all of them, Chromium, and a watch on every page."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.desk import LAUNCH, Server, Watch, serving


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How pytest-playwright starts Chromium."""
    return dict(LAUNCH)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One desk for all browser tests; every test opens cases of its own."""
    with serving(tmp_path_factory.mktemp("desk") / "home") as running:
        yield running


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test when a page logged an error or asked a foreign host."""
    seen = Watch()
    yield seen
    seen.leave()
    assert seen.errors == []
    assert seen.foreign == []
