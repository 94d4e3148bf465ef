"""Every point of the peers that is about lines, units, money and promises has a test, or a reason."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
POINTS = {*range(1, 40), *range(71, 80)}


def test_every_point_is_in_a_tests_name_or_in_the_table():
    named = {
        int(number)
        for path in (TESTS / "unit").glob("test_*.py")
        for number in re.findall(r"^def test_peer_([0-9]{2})_", path.read_text("utf-8"), re.MULTILINE)
    }
    rows = re.findall(
        r"^\| ([0-9]+) \| .+ \| .{20,} \|$", (TESTS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    left_out = {int(number) for number in rows}
    assert named | left_out == POINTS
    assert not named & left_out
