"""``playbook batch``: reading messages and finding orders in bulk, JSON lines in and out."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from playbook.intake import LineRef, Reading, question_text, read

_LAZY = {"lock": "playbook.commands.batch_lock:lock"}
_NOT_EVERYTHING = 1


class _BatchGroup(click.Group):
    """The group, with `lock` imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the subcommands."""
        return sorted({*super().list_commands(ctx), *_LAZY})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand with that name, or None while its module does not exist."""
        target = _LAZY.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = target.partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name == module:
                return None
            raise
        return command


@click.group(cls=_BatchGroup, epilog="Example: playbook batch read --in messages.jsonl --out items.jsonl")
def batch() -> None:
    """Read messages or find orders in bulk (JSON lines)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Line(_Strict):
    line: Annotated[int, Field(ge=1)]
    sku: str
    title: str = ""
    units: Annotated[int, Field(ge=1)]
    asin: str | None = None
    unit_price: str | int | float | None = None
    currency: str | None = None

    def ref(self) -> LineRef:
        price = Decimal(str(self.unit_price)) if self.unit_price is not None else None
        return LineRef(self.line, self.sku, self.title, self.units, self.asin, price, self.currency)


class _Order(_Strict):
    order_id: str | None = None
    lines: list[_Line]

    @field_validator("lines")
    @classmethod
    def _numbered_once(cls, lines: list[_Line]) -> list[_Line]:
        if len({line.line for line in lines}) != len(lines):
            raise ValueError("a line number appears twice")
        return lines


class _Message(_Strict):
    id: str | int
    message: str
    language: str | None = None
    order: _Order | None = None


def reading_record(identity: str | int, reading: Reading, *, with_order: bool) -> dict[str, Any]:
    """One output line of ``batch read``.

    Without an order every item carries its ``mention``; with one, a mention that fits several lines
    is not an item but a question.
    """
    items: list[dict[str, Any]] = []
    for item in reading.items:
        if with_order and item.line is None:
            continue
        record: dict[str, Any] = {
            "line": item.line,
            "sku": item.sku or None,
            "units": item.units,
            "issue": str(item.issue),
            "quote": item.quote,
            "score": item.score,
            "sure": item.sure,
        }
        if not with_order:
            record["mention"] = item.mention
        items.append(record)
    return {
        "id": identity,
        "language": reading.language,
        "order_ids": list(reading.order_ids),
        "order_hints": list(reading.order_hints),
        "items": items,
        "no_issue_lines": list(reading.no_issue_lines),
        "rest_is_fine": reading.rest_is_fine,
        "remedy_asked": [{"line": asked.line, "remedy": str(asked.remedy)} for asked in reading.remedy_asked],
        "questions": [question_text(question, reading.language) for question in reading.questions],
        "problems": [{"code": problem.code, **problem.params} for problem in reading.problems],
    }


def identity_of(content: Any) -> str | int | None:
    """The id of an input line, as far as it has a proper one."""
    identity = content.get("id") if isinstance(content, Mapping) else None
    return identity if isinstance(identity, str | int) and not isinstance(identity, bool) else None


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong with an input line, with its place."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def answer(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The output record of one input line, and whether it was good."""
    identity: str | int | None = None
    try:
        content = json.loads(raw.decode("utf-8"))
        identity = identity_of(content)
        message = _Message.model_validate(content)
        lines = [line.ref() for line in message.order.lines] if message.order is not None else []
    except UnicodeDecodeError as error:
        return {"id": None, "error": f"not UTF-8 (byte {error.start})"}, False
    except ValidationError as error:
        return {"id": identity, "error": first_error(error)}, False
    except (ValueError, RecursionError) as error:
        return {"id": identity, "error": f"not a readable line: {error}"}, False
    reading = read(message.message, lines, language=message.language)
    return reading_record(message.id, reading, with_order=message.order is not None), True


def encode(record: Mapping[str, Any]) -> bytes:
    """*record* as one UTF-8 line; characters that UTF-8 cannot hold are written as escapes."""
    try:
        return json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, ensure_ascii=True).encode("ascii") + b"\n"


def input_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of *stream* that are not blank, one at a time, without a byte-order mark."""
    for number, raw in enumerate(stream):
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw
        if line.strip():
            yield line


def open_input(name: str) -> AbstractContextManager[BinaryIO]:
    """The file *name*, or standard input for ``-``. Raises click.UsageError when it cannot be opened."""
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise click.UsageError(f"cannot read {name}: {error.strerror}") from error


def open_output(name: str) -> AbstractContextManager[BinaryIO]:
    """The file *name*, or standard output for ``-``. Raises click.UsageError when it cannot be written."""
    if name == "-":
        return nullcontext(sys.stdout.buffer)
    try:
        return Path(name).open("wb")
    except OSError as error:
        raise click.UsageError(f"cannot write {name}: {error.strerror}") from error


@batch.command("read")
@click.option(
    "--in", "source", required=True, metavar="FILE", help="Messages, one JSON object a line; - is stdin."
)
@click.option(
    "--out", "target", required=True, metavar="FILE", help="Readings, one JSON object a line; - is stdout."
)
def read_command(source: str, target: str) -> None:
    r"""Read messages: which units of which order line have which problem.

    \b
    Example:
      playbook batch read --in messages.jsonl --out readings.jsonl

    A bad line yields {"id": ..., "error": "..."} and exit code 1 at the end; the others are read.
    """
    if source != "-" and target != "-" and Path(source).resolve() == Path(target).resolve():
        raise click.UsageError("--in and --out are the same file")
    good = True
    with open_input(source) as incoming, open_output(target) as outgoing:
        for raw in input_lines(incoming):
            record, fine = answer(raw)
            good = good and fine
            outgoing.write(encode(record))
            outgoing.flush()
    if not good:
        raise SystemExit(_NOT_EVERYTHING)
