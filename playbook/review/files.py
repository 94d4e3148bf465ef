"""The files of a run beside its report: findings and scores as tables, and JUnit XML for schedulers."""

import csv
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from xml.sax.saxutils import escape, quoteattr

from playbook.domain.ids import CaseId
from playbook.exports.sheets import neutral
from playbook.policy import Policy
from playbook.review.findings import Finding
from playbook.review.reader import FindingLine, Part, ScoreLine
from playbook.review.results import DamagedCase
from playbook.review.wording import sentence

FINDINGS, SCORES, JUNIT, COLUMNAR = "findings.csv", "scores.csv", "junit.xml", "findings.parquet"

_FINDING_HEAD = (
    *("case", "event", "at", "who", "check", "severity", "fails the case", "points", "counts"),
    *("what", "rule"),
)
_XML_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")
_XML_FORBIDDEN |= dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")


class RunFiles(AbstractContextManager["RunFiles"]):
    """Writes the files of a run part by part, so that memory does not grow with the number of cases.

    *lang* is the language of the sentences. A file is complete when the block ends without an exception.
    """

    def __init__(self, folder: Path, lang: str, policy: Policy) -> None:
        self._folder, self._lang, self._policy = folder, lang, policy
        self._stack = ExitStack()
        self.names = [FINDINGS, SCORES, JUNIT]
        self._cases, self._failures, self._damaged = 0, 0, 0

    def __enter__(self) -> Self:
        def opened(name: str) -> IO[str]:
            path = self._folder / name
            return self._stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))

        self._findings, self._scores = csv.writer(opened(FINDINGS)), csv.writer(opened(SCORES))
        self._findings.writerow(_FINDING_HEAD)
        self._scores.writerow(field.name for field in fields(ScoreLine))
        self._body = (self._folder / f"{JUNIT}.part").open("w", encoding="utf-8")
        self._stack.callback((self._folder / f"{JUNIT}.part").unlink, missing_ok=True)
        self._stack.callback(self._body.close)
        self._columns = None
        if importlib.util.find_spec("pyarrow") is not None:
            self._columns = _Columns(self._folder / COLUMNAR)
            self._stack.callback(self._columns.close)
            self.names.append(COLUMNAR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._body.close()
            self._whole_junit()
        self._stack.close()

    def add(self, part: Part) -> None:
        """Write what came of one part."""
        told: dict[str, list[tuple[FindingLine, str]]] = {}
        for line in part.findings:
            says = sentence(_as_finding(line), self._lang, self._policy)
            told.setdefault(line.case_id, []).append((line, says))
            self._findings.writerow([neutral(cell) for cell in _cells(line, says)])
        for score in part.scores:
            values = (getattr(score, field.name) for field in fields(ScoreLine))
            self._scores.writerow([neutral(_plain(value)) for value in values])
            self._junit_case(score, told.get(score.case_id, []))
        for damaged in part.totals.damaged:
            self._junit_damage(damaged)
        if self._columns is not None:
            self._columns.add(part.findings, (says for lines in told.values() for _, says in lines))

    def _junit_case(self, score: ScoreLine, told: list[tuple[FindingLine, str]]) -> None:
        self._cases += 1
        counting = [(line, says) for line, says in told if line.counts]
        head = f"<testcase classname={_xml(score.marketplace)} name={_xml(score.case_id)}"
        if not counting:
            self._body.write(f"  {head}/>\n")
            return
        self._failures += 1
        worst = "failed" if score.failed else f"{score.points} points"
        said = "\n".join(f"event {line.seq}: {says} [{line.check}]" for line, says in counting)
        self._body.write(
            f"  {head}>\n    <failure message={_xml(f'{worst}, {len(counting)} findings')}>"
            f"{escape(_clean(said))}</failure>\n  </testcase>\n"
        )

    def _junit_damage(self, damaged: DamagedCase) -> None:
        self._cases += 1
        self._damaged += 1
        what = ", ".join(f"{one.kind} at event {one.seq}" for one in damaged.damage)
        self._body.write(
            f"  <testcase classname={_xml('log')} name={_xml(damaged.case_id)}>\n"
            f"    <error message={_xml('the log is damaged')}>{escape(_clean(what))}</error>\n  </testcase>\n"
        )

    def _whole_junit(self) -> None:
        counts = f'tests="{self._cases}" failures="{self._failures}" errors="{self._damaged}"'
        with (self._folder / JUNIT).open("w", encoding="utf-8") as whole:
            whole.write('<?xml version="1.0" encoding="UTF-8"?>\n')
            whole.write(f'<testsuites {counts}>\n<testsuite name="review of cases" {counts}>\n')
            with (self._folder / f"{JUNIT}.part").open(encoding="utf-8") as body:
                whole.writelines(body)
            whole.write("</testsuite>\n</testsuites>\n")


def _as_finding(line: FindingLine) -> Finding:
    return Finding(line.check, CaseId(line.case_id), line.seq, line.at, line.actor, line.params)


def _cells(line: FindingLine, says: str) -> Iterator[object]:
    yield from (line.case_id, line.seq, _plain(line.at), line.actor, line.check, line.severity)
    yield from (_plain(line.fails), line.points, _plain(line.counts), says, line.source)


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else value


def _clean(text: str) -> str:
    return text.translate(_XML_FORBIDDEN)


def _xml(text: str) -> str:
    return quoteattr(_clean(text))


class _Columns:
    """Findings as Parquet, a row group for each part."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._pa = pa
        text, number = pa.string(), pa.int32()
        kinds: Mapping[str, Any] = {
            "case": text,
            "event": number,
            "at": pa.timestamp("s", tz="UTC"),
            "who": text,
            "check": text,
            "severity": text,
            "fails": pa.bool_(),
            "points": number,
            "counts": pa.bool_(),
            "what": text,
        }
        self._schema = pa.schema(list(kinds.items()))
        self._writer = pq.ParquetWriter(path, self._schema)

    def add(self, lines: Iterable[FindingLine], says: Iterable[str]) -> None:
        rows = [
            {
                "case": line.case_id,
                "event": line.seq,
                "at": line.at.replace(microsecond=0),
                "who": line.actor,
                "check": line.check,
                "severity": line.severity,
                "fails": line.fails,
                "points": line.points,
                "counts": line.counts,
                "what": said,
            }
            for line, said in zip(lines, says, strict=True)
        ]
        if rows:
            self._writer.write_table(self._pa.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
