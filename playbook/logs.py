"""The program's log: what failed and where, one JSON object a line, without anything that a buyer wrote.

An exception's message may quote a message or a name, so only its type and the lines of code are kept.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

logging.getLogger("playbook").addHandler(logging.NullHandler())

LARGEST, KEPT = 1_000_000, 3
"""Bytes of one log file, and how many old ones are kept."""


class JsonLines(logging.Formatter):
    """A record as JSON: time (UTC), level, what happened, and for an exception its type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for *record*."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "what": record.msg,
        }
        kind, _, trace = record.exc_info or (None, None, None)
        if kind is not None:
            frames = traceback.extract_tb(trace)
            line["error"] = kind.__name__
            line["where"] = " < ".join(
                f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)
            )
        return json.dumps(line, ensure_ascii=False)


def log_to(home: Path) -> None:
    """Have the log of this process written to ``logs/desk.log`` in *home*, and nowhere else."""
    log = logging.getLogger("playbook")
    log.propagate = False
    path = home / "logs" / "desk.log"
    if any(getattr(handler, "baseFilename", "") == str(path) for handler in log.handlers):
        return
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()  # a page that cannot write its log still opens
    handler.setFormatter(JsonLines())
    log.handlers = [handler]
