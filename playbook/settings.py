"""Environment variables and places on disk, read in one place.

The package finds its data beside itself: in the source tree (``data/``, ``notebooks/``) or, once
installed from a wheel, inside the package.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

DEFAULT_STAFF = "lin:agent,wang:lead,zhao:manager"
LANGUAGES = ("en", "zh_CN")
SHORTEST_MEMO, LONGEST_MEMO = 60, 2000
ROLES = ("agent", "lead", "manager")


class SettingsError(ValueError):
    """An environment variable that cannot be used; the sentence says which and what to write."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. ``staff`` maps names to roles, ``teams`` those who have one to their team.

    ``as_of`` freezes the clock (checks).

    ``memo_limit`` is how many characters a part of the seller memo may have.
    """

    home: Path
    database_url: str
    language: str | None
    agent: str
    staff: Mapping[str, str]
    as_of: datetime | None = None
    memo_limit: int = 255
    teams: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from PLAYBOOK_* variables. Raises SettingsError with a sentence."""
        given = os.environ if env is None else env
        home = home_dir(given)
        staff, teams = _staff(given.get("PLAYBOOK_STAFF") or DEFAULT_STAFF)
        agent = given.get("PLAYBOOK_AGENT") or next(iter(staff))
        if agent not in staff:
            raise SettingsError(
                f"PLAYBOOK_AGENT is {agent!r}, but PLAYBOOK_STAFF names only {', '.join(staff)}"
            )
        language = given.get("PLAYBOOK_LANG") or None
        if language is not None and language not in LANGUAGES:
            raise SettingsError(f"PLAYBOOK_LANG is {language!r}; write one of {', '.join(LANGUAGES)}")
        return cls(
            home=home,
            database_url=given.get("PLAYBOOK_DATABASE") or f"sqlite:///{home / 'playbook.db'}",
            language=language,
            agent=agent,
            staff=staff,
            teams=teams,
            as_of=_as_of(given.get("PLAYBOOK_AS_OF")),
            memo_limit=_memo_limit(given.get("PLAYBOOK_MEMO_LIMIT") or "255"),
        )


def _staff(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Roles and teams by name, from ``name:role`` or ``name:role:team``, comma between colleagues."""
    staff: dict[str, str] = {}
    teams: dict[str, str] = {}
    for entry in text.split(","):
        name, _, rest = entry.strip().partition(":")
        role, colon, team = rest.partition(":")
        if not name or role not in ROLES or (colon and not team.strip()):
            raise SettingsError(
                f"PLAYBOOK_STAFF has {entry.strip()!r}; write name:role or name:role:team, "
                f"role one of {', '.join(ROLES)}"
            )
        if name in staff:
            raise SettingsError(f"PLAYBOOK_STAFF names {name!r} twice; write every colleague once")
        staff[name] = role
        if team.strip():
            teams[name] = team.strip()
    return staff, teams


def _memo_limit(text: str) -> int:
    """Characters that one part of the seller memo may have."""
    if not re.fullmatch(r"\d{2,4}", text) or not SHORTEST_MEMO <= int(text) <= LONGEST_MEMO:
        raise SettingsError(
            f"PLAYBOOK_MEMO_LIMIT is {text!r}; write a number from {SHORTEST_MEMO} to {LONGEST_MEMO}"
        )
    return int(text)


def _as_of(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise SettingsError(
            f"PLAYBOOK_AS_OF is {text!r}; write a time with zone, for example 2026-11-20T09:30:00Z"
        )
    return at.astimezone(UTC)


def home_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where run-time data live: PLAYBOOK_HOME, else ``.playbook`` in the current folder.

    Raises SettingsError for a home that cannot be resolved, such as that of an unknown user.
    """
    given = os.environ if env is None else env
    home = given.get("PLAYBOOK_HOME") or ".playbook"
    try:
        return Path(home).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"PLAYBOOK_HOME is {home!r}, which cannot be found: {error}") from None


def data_dir() -> Path:
    """The folder with policies, templates, lexicons, sample orders and sample cases."""
    return _shipped("data")


def notebooks_dir() -> Path:
    """The folder with the notebooks."""
    return _shipped("notebooks")


def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parent
    for place in (package / "_shipped" / name, package.parent / name):
        if place.is_dir():
            return place
    raise SettingsError(f"the folder {name} is missing: install the package again")
