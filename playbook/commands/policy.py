"""`playbook policy`: check the rules, explain what they say, write their JSON schemas."""

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from subprocess import SubprocessError

import click

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import Channel
from playbook.policy import Policy, PolicyError, RemedyFacts, load_policy
from playbook.policy.windows import STANDARD

FINDINGS, CANNOT_RUN = 1, 3
"""Exit codes beside 0; wrong usage is 2."""

_FOLDER = click.option(
    "--policies",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the policy files; by default the one that comes with the program.",
)
_DAY = click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day for which to ask, YYYY-MM-DD; by default today.",
)


def _day(on: datetime | None) -> date:
    return on.date() if on is not None else datetime.now(UTC).date()


@click.group()
def policy() -> None:
    """Check, explain and describe the rules in data/policies.

    Example: playbook policy explain --issue transit_damage --channel FBM
    """


@policy.command()
@_FOLDER
@_DAY
def lint(folder: Path | None, on: datetime | None) -> None:
    """Look for mistakes, gaps, unreachable and outdated rules, and for letters that cannot be written.

    The templates beside the folder are checked, too. Prints one finding per line with file and line
    number. Exit code 1 when there are errors; warnings alone give 0.

    Example: playbook policy lint --on 2027-01-15
    """
    from playbook.letters.checking import template_faults
    from playbook.policy.findings import Finding
    from playbook.policy.lint import lint_folder
    from playbook.settings import data_dir

    templates = data_dir() / "templates" if folder is None else folder.parent / "templates"
    try:
        findings = lint_folder(folder, _day(on))
        if templates.is_dir():
            findings += tuple(
                Finding("error", "template", fault.file, fault.line, "", fault.sentence)
                for fault in template_faults(templates)
            )
    except (OSError, SubprocessError) as error:
        click.echo(f"The rules cannot be checked: {error}", err=True)
        sys.exit(CANNOT_RUN)
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    click.echo(f"{errors} errors, {len(findings) - errors} warnings")
    sys.exit(FINDINGS if errors else 0)


@policy.command()
@click.option(
    "--issue", required=True, type=click.Choice([issue.value for issue in ProblemType]), help="The problem."
)
@click.option(
    "--channel", required=True, type=click.Choice([one.value for one in Channel]), help="Who ships."
)
@click.option("--market", default="US", show_default=True, type=click.Choice([m.value for m in Marketplace]))
@click.option(
    "--units", default=1, show_default=True, type=click.IntRange(1, 1_000_000), help="Claimed units."
)
@click.option(
    "--units-ordered", type=click.IntRange(1, 1_000_000), help="Units of the line; default: the claimed."
)
@click.option(
    "--unit-price", default="10", show_default=True, help="What one unit cost, in the market's currency."
)
@click.option("--days", type=click.IntRange(-3650, 3650), help="Days since delivery; unknown if left out.")
@click.option(
    "--evidence", multiple=True, type=click.Choice([one.value for one in Evidence]), help="May be repeated."
)
@click.option("--shipped/--unshipped", default=True, show_default=True)
@click.option("--business/--consumer", default=False, show_default=True)
@click.option("--compensated-before", is_flag=True, help="Units of the line already had a remedy.")
@click.option("--in-stock/--out-of-stock", "in_stock", default=None, help="Unknown if left out.")
@click.option(
    "--in-window/--out-of-window",
    "in_window",
    default=None,
    help="Whether the return window is open; by default counted from the days since delivery.",
)
@click.option("--lang", default="en", show_default=True, type=click.Choice(["en", "zh_CN"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--all", "everything", is_flag=True, help="Also list rows about other problems and channels.")
@_FOLDER
@_DAY
def explain(
    issue: str,
    channel: str,
    market: str,
    units: int,
    units_ordered: int | None,
    unit_price: str,
    days: int | None,
    evidence: tuple[str, ...],
    shipped: bool,
    business: bool,
    compensated_before: bool,
    in_stock: bool | None,
    in_window: bool | None,
    lang: str,
    as_json: bool,
    everything: bool,
    folder: Path | None,
    on: datetime | None,
) -> None:
    """Show which remedies the rules offer for a problem, which not, and why.

    Example: playbook policy explain --issue transit_damage --channel FBM --market US --units 3
    --units-ordered 40 --unit-price 4.25 --days 5 --evidence photo
    """
    from playbook.policy import explain as explaining

    rules = _load(folder)
    price = _price(unit_price, rules.market(Marketplace(market)).currency)
    ordered = units if units_ordered is None else units_ordered
    if units > ordered:
        raise click.BadParameter(f"{units} claimed, but only {ordered} ordered", param_hint="--units")
    if in_window is None and days is not None:
        row = rules.deadline(STANDARD, market=Marketplace(market), channel=Channel(channel), on=_day(on))
        in_window = row is not None and days <= (row.then.value or 0)
    facts = RemedyFacts(
        issue=ProblemType(issue),
        channel=Channel(channel),
        market=Marketplace(market),
        business=business,
        units=units,
        units_ordered=ordered,
        unit_value=price,
        claim_value=price * units,
        days_since_delivery=days,
        shipped=shipped,
        evidence=frozenset(Evidence(one) for one in evidence),
        earlier_remedy=compensated_before,
        in_stock=in_stock,
        in_window=in_window,
    )
    if as_json:
        click.echo(json.dumps(explaining.as_json(rules, facts, _day(on)), ensure_ascii=False, indent=2))
    else:
        click.echo(explaining.as_text(rules, facts, _day(on), lang, everything=everything))


def _price(text: str, currency: str) -> Money:
    try:
        price = Money.of(text, currency)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--unit-price") from None
    if price.amount < 0 or price.amount > Decimal(10**9) * minor_unit(currency):
        raise click.BadParameter(f"{price} is not a price", param_hint="--unit-price")
    return price


def _load(folder: Path | None) -> Policy:
    try:
        return load_policy(folder)
    except PolicyError as error:
        click.echo(f"The rules cannot be used:\n{error}", err=True)
        sys.exit(CANNOT_RUN)


@policy.command()
@click.argument("file", required=False)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write every schema into this folder."
)
def schema(file: str | None, out: Path | None) -> None:
    """Print the JSON Schema of a policy file, or write all of them into a folder.

    Example: playbook policy schema remedies.yaml
    """
    from playbook.policy.schema import schema_name, schemas, write_schemas

    if out is not None:
        try:
            written = write_schemas(out)
        except OSError as error:
            click.echo(f"The schemas cannot be written: {error}", err=True)
            sys.exit(CANNOT_RUN)
        for path in written:
            click.echo(str(path))
        return
    made = schemas()
    if file is None:
        click.echo("\n".join(name.replace(".schema.json", ".yaml") for name in made))
    elif schema_name(file) in made:
        click.echo(made[schema_name(file)], nl=False)
    else:
        known = ", ".join(name.replace(".schema.json", ".yaml") for name in made)
        raise click.BadParameter(f"there is no policy file {file!r}; there are {known}", param_hint="FILE")
