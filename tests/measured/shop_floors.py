"""More random shop floors than CI has time for: ``python -m tests.measured.shop_floors --floors 50000``.

Each floor has a number; one that fails is printed with its number, and ``--first N --floors 1`` plays it again.
Exit code 1 when any failed.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence

from tests.properties.machine import Chance, play


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the floors one after the other; what failed, and what was accepted how often."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--floors", type=int, default=20_000)
    parser.add_argument(
        "--first", type=int, default=2000, help="number of the first floor (CI plays 0 to 1999)"
    )
    parser.add_argument("--steps", type=int, default=60, help="most commands on one floor")
    options = parser.parse_args(arguments)
    accepted, refused, failed = Counter[str](), 0, []
    began = time.process_time()
    for number in range(options.first, options.first + options.floors):
        try:
            world = play(Chance.seeded(number), most_steps=options.steps)
        except (AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            failed.append(number)
            print(f"shop floor {number} failed:\n{traceback.format_exc()}")
            continue
        accepted += world.accepted
        refused += world.refused
    seconds = time.process_time() - began
    print(
        f"{options.floors} floors, {sum(accepted.values())} commands accepted, {refused} refused, {seconds:.0f} s"
    )
    print(", ".join(f"{name} {count}" for name, count in accepted.most_common()))
    print(f"failed: {failed}" if failed else "every ledger held")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
