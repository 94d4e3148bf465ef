"""`playbook new-sample`: the skeleton of a sample case, with today's behaviour filled in for review."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from playbook.settings import data_dir

SAMPLE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@click.command(
    "new-sample",
    epilog="Example: playbook new-sample torn-boxes --from-message message.txt --order 114-3920518-6604217",
)
@click.argument("name")
@click.option(
    "--from-message", "message", required=True, type=click.Path(path_type=Path), help="The buyer's words."
)
@click.option("--order", "order_id", required=True, help="The sample order that is meant.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder to write into.")
def new_sample(name: str, message: Path, order_id: str, data: Path | None) -> None:
    """Write data/cases/NAME.yaml: message, simple answers, and what comes out today.

    The file says `reviewed: false`: check every value by the rules before you change that.
    """
    import yaml
    from pydantic import ValidationError

    from playbook.domain.ids import OrderId
    from playbook.samplecases.compare import as_expected
    from playbook.samplecases.loading import Sample
    from playbook.samplecases.replay import Replay, ReplayError
    from playbook.store import StoreError

    if not SAMPLE_NAME.fullmatch(name):
        click.echo(f"{name!r} is not a name: write small letters, digits and single hyphens", err=True)
        sys.exit(2)
    folder = (data or data_dir()) / "cases"
    path = folder / f"{name}.yaml"
    if path.exists():
        click.echo(f"{path} exists already: choose another name", err=True)
        sys.exit(2)
    try:
        text = message.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        click.echo(f"{message} cannot be read as UTF-8 text: {error}", err=True)
        sys.exit(2)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    raw = {
        "name": name,
        "title": {"en": name.replace("-", " "), "zh_CN": name.replace("-", " ")},
        "reviewed": False,
        "as_of": now.isoformat().replace("+00:00", "Z"),
        "received_at": (now - timedelta(hours=3)).isoformat().replace("+00:00", "Z"),
        "message": text,
        "answers": {
            "lock": [
                {"do": "known", "field": "order_id_part", "value": order_id},
                {"do": "pick", "value": order_id},
                {"do": "lock"},
            ],
            "breakdown": [{"do": "accept_all"}, {"do": "rest_is_fine"}, {"do": "confirm_breakdown"}],
            "remedy": [{"do": "choose_preferred"}, {"do": "agree"}],
            "follow_up": [{"do": "confirm_plan"}],
        },
        "expect": {"lock": {"verdict": "certain", "order_id": order_id}, "stage": "follow_up"},
    }
    try:
        replay = Replay(Sample.model_validate(raw))
        if replay.store.order(OrderId(order_id)) is None:
            click.echo(f"there is no sample order {order_id}", err=True)
            sys.exit(2)
        for step in (replay.lock, replay.breakdown, replay.remedy, replay.follow_up):
            step()
        replay.differences()
    except (ReplayError, ValidationError) as error:
        click.echo(f"the case cannot be replayed: {error}", err=True)
        sys.exit(2)
    except (OSError, StoreError) as error:
        click.echo(f"the case cannot be replayed: {error}", err=True)
        sys.exit(3)
    raw["expect"] = as_expected(replay.outcome)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, width=110), "utf-8")
    except OSError as error:
        click.echo(f"{path} cannot be written: {error.strerror}", err=True)
        sys.exit(3)
    click.echo(f"wrote {path}: review every value, then set reviewed: true")
