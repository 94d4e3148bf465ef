"""A store that already holds the sample orders, copied from one that was made before."""

import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path

from playbook.orderbook import load_samples
from playbook.settings import data_dir, home_dir
from playbook.store import SqlStore, open_store


def store_with_sample_orders(path: Path, *, at: datetime) -> SqlStore:
    """A new SQLite store at *path* with the sample orders.

    Importing them takes a second, so the first call keeps a copy under PLAYBOOK_HOME, named after the
    content of the order files; later calls copy that.
    """
    kept = home_dir() / "cache" / f"sample-orders-{_content(at)}.db"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        making = kept.with_suffix(f".{os.getpid()}")
        store = open_store(f"sqlite:///{making}")
        load_samples(store, at=at)
        store.close()
        making.replace(kept)
    shutil.copyfile(kept, path)
    return open_store(f"sqlite:///{path}")


def _content(at: datetime) -> str:
    """A hash of what goes into the copy: order files, program, day."""
    digest = hashlib.sha256(f"{at:%Y-%m-%d}".encode())
    package = Path(__file__).resolve().parent.parent
    folders = (data_dir() / "orders", package / "orderbook", package / "store", package / "domain")
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        if file.suffix != ".pyc":
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
