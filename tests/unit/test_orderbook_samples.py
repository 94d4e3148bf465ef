"""The sample orders in ``data/orders`` are what their plan makes."""

import shutil
from pathlib import Path

from playbook.orderbook.samples import sample_files, write_samples
from playbook.settings import data_dir


def test_the_files_are_what_the_plan_makes(tmp_path: Path) -> None:
    folder = data_dir() / "orders"
    made = sample_files(folder)
    assert {name: (folder / name).read_text(encoding="utf-8") for name in made} == made
    for name in ("plan.yaml", "catalogue.yaml"):
        shutil.copy(folder / name, tmp_path)
    write_samples(tmp_path)
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in made} == made
