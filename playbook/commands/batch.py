"""``playbook batch``: reading messages and finding orders in bulk, JSON lines in and out.

One output line for every input line that is not blank, in the same order: the contract that other programs
rely on. Lines are taken one at a time, so that a caller may write one and wait for its answer.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar

import click
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    field_validator,
)

from playbook.intake import LineRef, Reading, question_text, read

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of an input line, without its end; a longer one is refused. An order of 2,000 lines whose titles
have 500 characters each, with the longest message that is read, needs less than half."""
_NOT_EVERYTHING, _CANNOT_RUN = 1, 3
_LONGEST_REASON = 300
_CHUNK = 64 * 1024
_MARK = b"\xef\xbb\xbf"
_ID_FIRST = re.compile(rb'\s*\{\s*"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.){0,500}"|-?[0-9]{1,500})\s*[,}]')
_LANGUAGE = re.compile(r"([A-Za-z]{2,8})(?:[-_][A-Za-z0-9]{1,8})*")
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}


class _BatchGroup(click.Group):
    """The group, with `lock` imported only when it is called: it needs the database, `read` does not."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the subcommands."""
        return sorted([*super().list_commands(ctx), "lock"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand with that name."""
        if cmd_name == "lock":
            from playbook.commands.batch_lock import lock

            return lock
        return super().get_command(ctx, cmd_name)


@click.group(cls=_BatchGroup, epilog="Example: playbook batch read --in messages.jsonl --out items.jsonl")
def batch() -> None:
    """Read messages or find orders in bulk (JSON lines)."""


def _text(value: Any) -> str:
    """*value* when it is text; half a surrogate pair, which JSON can carry, is text of the buyer's too."""
    if not isinstance(value, str):
        raise ValueError("should be text")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _identity(value: Any) -> str | int:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError("should be text or a whole number")  # noqa: TRY004 - see _text
    return value


def _spoken(value: Any) -> str | None:
    """The language of a code such as ``de``, ``de-DE`` or ``zh_CN``; None leaves it to the reader."""
    if value is None or value == "":
        return None
    match = _LANGUAGE.fullmatch(_text(value))
    if match is None:
        raise ValueError("should be a language code such as de or zh-CN")
    return match[1].lower()


Text = Annotated[str, PlainValidator(_text)]
Identity = Annotated[str | int, PlainValidator(_identity)]
_Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
_Price = Annotated[Decimal, Field(strict=False, ge=0, le=1_000_000_000, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Line(_Strict):
    line: _Count
    sku: Text
    title: Text | None = None
    units: _Count
    asin: Text | None = None
    unit_price: _Price | None = None
    currency: Text | None = None

    def ref(self) -> LineRef:
        return LineRef(
            self.line, self.sku, self.title or "", self.units, self.asin, self.unit_price, self.currency
        )


class _Order(_Strict):
    order_id: Text | None = None
    lines: list[_Line]

    @field_validator("lines")
    @classmethod
    def _numbered_once(cls, lines: list[_Line]) -> list[_Line]:
        if len({line.line for line in lines}) != len(lines):
            raise ValueError("a line number appears twice")
        return lines


class _Message(_Strict):
    id: Identity
    message: Text
    language: Annotated[str | None, PlainValidator(_spoken)] = None
    order: _Order | None = None


class BadLineError(Exception):
    """An input line that cannot be answered: the id it has, as far as that can be told, and the reason."""

    def __init__(self, identity: str | int | None, reason: str) -> None:
        super().__init__(reason)
        self.record: dict[str, Any] = {"id": identity, "error": reason}


_Model = TypeVar("_Model", bound=BaseModel)


def parsed(raw: bytes, model: type[_Model]) -> _Model:
    """The input line *raw* as a *model*. Raises BadLineError, which names the first thing that is wrong."""
    if len(raw.rstrip(b"\r\n")) > LONGEST_LINE:
        raise BadLineError(_id_first(raw), f"the line is longer than {LONGEST_LINE} bytes")
    try:
        content = json.loads(raw.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise BadLineError(_id_first(raw), f"not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise BadLineError(
            _id_first(raw), f"not a readable line: {error.msg} (character {error.pos})"
        ) from error
    except RecursionError as error:
        raise BadLineError(_id_first(raw), "not a readable line: nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise BadLineError(_id_first(raw), "not a readable line: a number out of all bounds") from error
    if not isinstance(content, Mapping):
        raise BadLineError(None, "not a readable line: no JSON object")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BadLineError(_identity_of(content), _first_error(error)) from error


def _id_first(raw: bytes) -> str | int | None:
    """The id of a line that cannot be parsed, when it stands first."""
    match = _ID_FIRST.match(raw.removeprefix(_MARK))
    try:
        return _identity(json.loads(match[1].decode("utf-8"))) if match is not None else None
    except ValueError:
        return None


def _identity_of(content: Mapping[str, Any]) -> str | int | None:
    try:
        return _identity(content.get("id"))
    except ValueError:
        return None


def _first_error(error: ValidationError) -> str:
    """The first thing that is wrong with an input line, with its place."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{place[:_LONGEST_REASON]}: {reason[:_LONGEST_REASON]}"


def reading_record(identity: str | int, reading: Reading, *, with_order: bool) -> dict[str, Any]:
    """One output line of ``batch read``.

    With an order an item is always one of its lines: a product that no line or several lines fit is
    not an item but a question that names it. Without an order every item carries its ``mention``, and
    what only an order gives a meaning (fine lines) is left out; ``questions`` are there where something is
    claimed.
    """
    record: dict[str, Any] = {
        "id": identity,
        "language": reading.language,
        "order_ids": list(reading.order_ids),
        "order_hints": list(reading.order_hints),
        "items": [],
    }
    for item in reading.items:
        if with_order and item.line is None:
            continue
        shown: dict[str, Any] = {
            "line": item.line,
            "sku": item.sku if item.line is not None else None,
            "units": item.units,
            "issue": str(item.issue),
            "quote": item.quote,
            "score": item.score,
            "sure": item.sure,
        }
        record["items"].append(shown if with_order else shown | {"mention": item.mention})
    problems = [{"code": problem.code, **problem.params} for problem in reading.problems]
    questions = [question_text(question, reading.language) for question in reading.questions]
    if not with_order:
        claims = bool(reading.items or reading.not_understood)
        asked = {"questions": questions} if claims and questions else {}
        return record | asked | ({"problems": problems} if problems else {})
    return record | {
        "no_issue_lines": list(reading.no_issue_lines),
        "rest_is_fine": reading.rest_is_fine,
        "remedy_asked": [{"line": asked.line, "remedy": str(asked.remedy)} for asked in reading.remedy_asked],
        "questions": questions,
        "problems": problems,
    }


def answer(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The output record of one input line, and whether it was good."""
    try:
        message = parsed(raw, _Message)
    except BadLineError as error:
        return error.record, False
    lines = [line.ref() for line in message.order.lines] if message.order is not None else []
    try:
        reading = read(message.message, lines, language=message.language)
    except Exception as error:  # noqa: BLE001 - one line, whatever it does to the reader, stops no other
        return {"id": message.id, "error": f"could not be read ({type(error).__name__})"}, False
    return reading_record(message.id, reading, with_order=bool(lines)), True


def encode(record: Mapping[str, Any]) -> bytes:
    """*record* as one UTF-8 line.

    Characters that UTF-8 cannot hold, and those that some readers take for the end of a line, are
    written as escapes.
    """
    try:
        line = json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS).encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(record, ensure_ascii=True).encode("ascii")
    return line + b"\n"


def input_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of *stream* that are not blank, one at a time, without a byte-order mark.

    Of a line longer than `LONGEST_LINE` only the beginning is kept, so much that `parsed` refuses it.
    """
    while raw := stream.readline(LONGEST_LINE + 2):
        cut = not raw.endswith(b"\n") and len(raw) > LONGEST_LINE + 1
        while cut and (more := stream.readline(_CHUNK)) and not more.endswith(b"\n"):
            pass
        line = raw.removeprefix(_MARK)
        if cut or line.strip():
            yield line


def open_input(name: str) -> AbstractContextManager[BinaryIO]:
    """The file *name*, or standard input for ``-``. Raises click.UsageError when it cannot be opened."""
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"cannot read {name}: {getattr(error, 'strerror', error)}") from error


def open_output(name: str) -> AbstractContextManager[BinaryIO]:
    """The file *name*, or standard output for ``-``. Raises click.UsageError when it cannot be written."""
    if name == "-":
        return nullcontext(sys.stdout.buffer)
    try:
        return Path(name).open("wb")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"cannot write {name}: {getattr(error, 'strerror', error)}") from error


@batch.command("read")
@click.option(
    "--in", "source", required=True, metavar="FILE", help="Messages, one JSON object a line; - is stdin."
)
@click.option(
    "--out", "target", required=True, metavar="FILE", help="Readings, one JSON object a line; - is stdout."
)
def read_command(source: str, target: str) -> None:
    """Read messages: which units of which order line have which problem.

    \b
    Example:
      playbook batch read --in messages.jsonl --out readings.jsonl

    Every line is answered by one line, in the same order, as soon as it is read; blank lines are skipped,
    and lines with the same id are answered each. A bad line yields {"id": ..., "error": "..."} and exit
    code 1 at the end; the others are read.

    Exit code 0: all lines read. 1: bad lines. 2: wrong usage. 3: could not go on.
    """
    if source != "-" and target != "-" and Path(source).resolve() == Path(target).resolve():
        raise click.UsageError("--in and --out are the same file")
    good = True
    try:
        with open_input(source) as incoming, open_output(target) as outgoing:
            for raw in input_lines(incoming):
                record, fine = answer(raw)
                good = good and fine
                outgoing.write(encode(record))
                outgoing.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"could not go on: {error.strerror}", err=True)
        sys.exit(_CANNOT_RUN)
    if not good:
        sys.exit(_NOT_EVERYTHING)
