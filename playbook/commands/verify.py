"""`playbook verify`: whether the event log is what this program wrote."""

import sys

import click

from playbook.commands.database import FINDINGS, database_option, opened, read_settings


@click.command(epilog="Example: playbook verify --database sqlite:///desk.db")
@database_option
def verify(database: str | None) -> None:
    """Check that no event was changed, removed or slipped in.

    Prints one line per finding. Exit code 0 when the log is sound, 1 with findings, 3 when the database
    cannot be read.
    """
    with opened(database, read_settings(), must_exist=True) as store:
        findings = store.verify()
        cases = len(store.case_ids())
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{cases} cases, {len(findings)} findings")
    sys.exit(FINDINGS if findings else 0)
