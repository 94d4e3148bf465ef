"""Which revision of the tables a database has, and bringing it to ours.

Alembic is imported only when there is something to migrate: a current database opens without it.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from playbook.store.engine import explained, writing
from playbook.store.errors import StoreError

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every revision this program knows, the oldest first; a test holds it against the migration files."""

MIGRATIONS = Path(__file__).with_name("migrations")


def revision_of(connection: Connection) -> str | None:
    """The database's revision, None when it is new."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def ensure_current(engine: Engine) -> None:
    """Create or migrate the tables. StoreError for a database of a newer program, changed in nothing."""
    with explained(engine), engine.connect() as connection:
        revision = revision_of(connection)
    if revision == REVISIONS[-1]:
        return
    with writing(engine, "schema") as connection:
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    revision = revision_of(connection)
    if revision == REVISIONS[-1]:
        return
    if revision is not None and revision not in REVISIONS:
        raise StoreError("store_newer", revision=revision)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])
