"""What the commands that use a database share: the option, opening it, and what happens when that fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from playbook.settings import Settings, SettingsError
from playbook.store import SqlStore, StoreError, open_store

FINDINGS, WRONG_USAGE, CANNOT_RUN = 1, 2, 3

database_option = click.option(
    "--database", metavar="URL", help="sqlite:///FILE or postgresql://...; by default the desk's own."
)


def read_settings() -> Settings:
    """The settings; ends the program with a sentence when an environment variable is wrong."""
    try:
        return Settings.from_env()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_USAGE)


@contextmanager
def opened(url: str | None, settings: Settings, *, must_exist: bool = False) -> Iterator[SqlStore]:
    """The store at *url* or the desk's own; one that cannot be used ends the program with a sentence.

    With *must_exist* an SQLite file of that name is not made: a misspelt name is no empty desk.
    """
    if must_exist and url is not None and url.startswith("sqlite:///") and "?" not in url:
        path = Path(url.removeprefix("sqlite:///"))
        if path.name != ":memory:" and not path.exists():
            click.echo(f"there is no database {path}", err=True)
            sys.exit(CANNOT_RUN)
    try:
        with open_store(url or settings.database_url) as store:
            yield store
    except StoreError as error:
        click.echo(str(error), err=True)
        sys.exit(CANNOT_RUN)
