"""The environment, read in one place: what is wrong is said with the variable's name and what to write."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbook import settings as module
from playbook.settings import Settings, SettingsError, data_dir, home_dir, notebooks_dir


def test_nothing_set_gives_a_desk_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings == Settings(
        home=tmp_path / ".playbook",
        database_url=f"sqlite:///{tmp_path / '.playbook' / 'playbook.db'}",
        language=None,
        agent="lin",
        staff={"lin": "agent", "wang": "lead", "zhao": "manager"},
        as_of=None,
    )


def test_everything_can_be_said(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "PLAYBOOK_HOME": str(tmp_path / "here" / ".."),
            "PLAYBOOK_DATABASE": "postgresql://desk@db/desk",
            "PLAYBOOK_LANG": "zh_CN",
            "PLAYBOOK_STAFF": " ma jun:agent , chen:lead",
            "PLAYBOOK_AGENT": "chen",
            "PLAYBOOK_AS_OF": "2026-11-20T17:30:00+08:00",
        }
    )
    assert settings.home == tmp_path
    assert settings.database_url == "postgresql://desk@db/desk"
    assert (settings.language, settings.agent) == ("zh_CN", "chen")
    assert settings.staff == {"ma jun": "agent", "chen": "lead"}
    assert settings.as_of == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert settings.as_of.tzinfo is UTC


def test_the_length_of_the_memo_is_a_setting() -> None:
    assert Settings.from_env({}).memo_limit == 255
    assert Settings.from_env({"PLAYBOOK_MEMO_LIMIT": "500"}).memo_limit == 500


def test_empty_is_not_set() -> None:
    empty = dict.fromkeys(
        (
            "PLAYBOOK_DATABASE",
            "PLAYBOOK_LANG",
            "PLAYBOOK_STAFF",
            "PLAYBOOK_AGENT",
            "PLAYBOOK_AS_OF",
            "PLAYBOOK_MEMO_LIMIT",
        ),
        "",
    )
    assert Settings.from_env(empty) == Settings.from_env({})


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("PLAYBOOK_LANG", "fr", "write one of en, zh_CN"),
        ("PLAYBOOK_AGENT", "nobody", "names only lin, wang, zhao"),
        ("PLAYBOOK_STAFF", "lin", "write name:role"),
        ("PLAYBOOK_STAFF", "lin:boss", "agent, lead, manager"),
        ("PLAYBOOK_STAFF", ":agent", "write name:role"),
        ("PLAYBOOK_STAFF", "lin:agent,", "write name:role"),
        ("PLAYBOOK_STAFF", "lin:agent,lin:manager", "'lin' twice"),
        ("PLAYBOOK_AS_OF", "yesterday", "2026-11-20T09:30:00Z"),
        ("PLAYBOOK_MEMO_LIMIT", "lots", "from 60 to 2000"),
        ("PLAYBOOK_MEMO_LIMIT", "20", "from 60 to 2000"),
        ("PLAYBOOK_AS_OF", "2026-11-20T09:30:00", "time with zone"),
        ("PLAYBOOK_HOME", "~nobody-of-that-name/desk", "cannot be found"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({name: value})
    assert name in str(caught.value)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path))
    assert home_dir() == Settings.from_env().home == tmp_path


def test_data_and_notebooks_are_found_beside_or_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (data_dir() / "policies" / "remedies.yaml").is_file()
    assert (notebooks_dir() / "case.ipynb").is_file()
    package = tmp_path / "playbook"
    package.mkdir()
    monkeypatch.setattr(module, "__file__", str(package / "settings.py"))
    with pytest.raises(SettingsError, match="the folder data is missing"):
        data_dir()
    (tmp_path / "data").mkdir()
    assert data_dir() == tmp_path / "data"
    (package / "_shipped" / "data").mkdir(parents=True)
    assert data_dir() == package / "_shipped" / "data"
