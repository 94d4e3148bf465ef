"""A database of the first revision keeps its order book when it is opened now."""

import json
import sqlite3
from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config

from playbook.store import Key, PersonKey, Recipient, open_store
from playbook.store.engine import make_engine, writing
from playbook.store.orderbook import Holds
from playbook.store.schema import MIGRATIONS
from tests.builders import ORDER_ID, a_line, an_order


def test_orders_keys_and_recipients_survive(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    engine = make_engine(url)
    with writing(engine, "schema") as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    order = an_order(a_line(sku="Lamp-1", asin="B0LAMPBR01"), a_line(2), po_number="PO-7")
    old = sqlite3.connect(tmp_path / "desk.db")
    placed = "2026-11-11T09:00:00.000000Z"
    old.execute("INSERT INTO orders VALUES (?, ?, ?, 'a')", (ORDER_ID, placed, order.model_dump_json()))
    for kind, value in (("po", "po7"), ("buyer", "k 17"), ("sku", "lamp-1"), ("order", "20455128737719305")):
        old.execute("INSERT INTO order_keys VALUES (?, ?, ?)", (kind, value, ORDER_ID))
    person = json.dumps({"name": "Ines Falkenrath", "city": "Kassel"}).encode()
    row = ("r-1", "recipient", person, "2026-12-01", None, ORDER_ID)
    old.execute("INSERT INTO vault VALUES (?, ?, ?, ?, ?, ?)", row)
    old.execute("INSERT INTO person_keys VALUES ('00', ?, '2026-12-01')", (ORDER_ID,))
    old.commit()
    old.close()
    with open_store(url) as store:
        assert store.order(ORDER_ID) == order
        for key, value in ((Key.PO, "po7"), (Key.BUYER, "k 17"), (Key.ORDER, "20455128737719305")):
            assert store.find_by_key(key, [value]) == {ORDER_ID: 1}
        assert store.find_by_products([Holds(frozenset({"lamp-1"}), 10)]) == {ORDER_ID: 1}
        assert store.skus_of_asin("B0LAMPBR01") == {"lamp-1"}
        assert store.recipient(ORDER_ID) == Recipient("Ines Falkenrath", city="Kassel")
        assert store.find_by_person(PersonKey.NAME, ["ines", "falkenrath"]) == {ORDER_ID: 2}
        assert store.purge(date(2026, 12, 2)).keys > 0
        assert store.find_by_person(PersonKey.NAME, ["ines"]) == {}
        assert store.verify() == ()
