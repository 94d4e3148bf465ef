"""The rules that come with the program, and copies of them with a defect planted."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest

from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.policy import Policy, RemedyFacts, load_policy
from playbook.policy.yamlfile import Document

POLICIES = Path(__file__).resolve().parents[2] / "data" / "policies"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The rules in data/policies."""
    return load_policy(POLICIES)


@pytest.fixture
def today() -> date:
    """The day on which the tests ask."""
    return TODAY


_parsed = lru_cache(maxsize=32)(Document)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A copy of the policy files in which *old* is replaced once in *file*; *old* must be there.

    Files that are as they were are parsed once for all tests.
    """
    monkeypatch.setattr("playbook.policy.loading.Document", _parsed)

    def plant(file: str, old: str, new: str) -> Path:
        for source in POLICIES.glob("*.yaml"):
            target = tmp_path / source.name
            if not target.exists():
                target.write_bytes(source.read_bytes())
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return plant


@pytest.fixture
def facts() -> Callable[..., RemedyFacts]:
    """Facts about three damaged units of forty, five days after delivery, with any of them changed."""

    def make(**changes: object) -> RemedyFacts:
        base: dict[str, object] = {
            "issue": ProblemType.TRANSIT_DAMAGE,
            "channel": Channel.FBM,
            "market": Marketplace.US,
            "business": False,
            "units": 3,
            "units_ordered": 40,
            "unit_value": Money.of("4.25", "USD"),
            "claim_value": Money.of("12.75", "USD"),
            "days_since_delivery": 5,
            "shipped": True,
            "evidence": frozenset(),
            "earlier_remedy": False,
            "in_stock": None,
        }
        days = changes.get("days_since_delivery", 5)
        base["in_window"] = None if days is None else int(str(days)) <= 30
        return RemedyFacts(**{**base, **changes})  # type: ignore[arg-type]

    return make
