"""`playbook purge`: delete personal data whose time has come."""

from datetime import UTC, datetime

import click

from playbook.commands.database import database_option, opened, read_settings


@click.command(epilog="Example: playbook purge --before 2026-12-01")
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Delete what was to be kept until a day before this one; by default today.",
)
@database_option
def purge(before: datetime | None, database: str | None) -> None:
    """Delete raw messages, recipients and search keys after their last day, and drafts left for 30 days.

    Cases, orders and the event log stay: nothing personal is in them.
    """
    day = before.date() if before is not None else datetime.now(UTC).date()
    with opened(database, read_settings(), must_exist=True) as store:
        purged = store.purge(day)
    click.echo(f"deleted {purged.texts} texts, {purged.keys} search keys, {purged.drafts} drafts")
