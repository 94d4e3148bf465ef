"""`playbook exports`: sheets over many cases, for those who do not sit at the desk."""

import sys
from datetime import UTC
from pathlib import Path

import click

from playbook.commands.database import WRONG_USAGE, database_option, opened, read_settings
from playbook.desk import Desk, utc_now
from playbook.exports import picking_list, picking_sheet, picks
from playbook.i18n import LANGUAGES
from playbook.policy import load_policy
from playbook.steps import Actor


@click.group()
def exports() -> None:
    """Write sheets to print and tables.

    Example: playbook exports picking --out lists
    """


@exports.command()
@click.option("--case", "case_id", help="Only this case; by default every open one.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the two files; by default the current one.",
)
@click.option("--lang", default="en", show_default=True, type=click.Choice(LANGUAGES))
@database_option
def picking(case_id: str | None, out: Path, lang: str, database: str | None) -> None:
    """What was promised to leave the warehouse and has not: an HTML file to print and a CSV file.

    No names and addresses are in them, only order numbers.

    Example: playbook exports picking --lang zh_CN --out lists
    """
    from playbook.widgets.printing import printed

    settings = read_settings()
    now = settings.as_of or utc_now()
    with opened(database, settings, must_exist=True) as store:
        desk = Desk(store, load_policy(), Actor(settings.agent), lambda: now)
        case = desk.case(case_id) if case_id else None
        if case_id and case is None:
            click.echo(f"there is no case {case_id}", err=True)
            sys.exit(WRONG_USAGE)
        found = picks(desk.open_cases() if case is None else [case])
    out.mkdir(parents=True, exist_ok=True)
    name = f"picking-{now.astimezone(UTC):%Y%m%d-%H%M}"
    sheets = {
        f"{name}.html": printed(picking_sheet(found, now=now, lang=lang), lang),
        f"{name}.csv": picking_list(found, now=now, lang=lang),
    }
    for file, text in sheets.items():
        (out / file).write_text(text, encoding="utf-8", newline="")
        click.echo(out / file)
    click.echo(f"{sum(pick.units for pick in found)} units for {len({p.case_id for p in found})} cases")
