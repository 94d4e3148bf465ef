"""What the order book and the database say: one English msgid for each code, with {named} facts."""

from playbook.i18n.words import N_

EVIDENCE: dict[str, str] = {
    "order_id_given": N_("order number {order_id}"),
    "order_id_in_text": N_("order number {order_id} in the text"),
    "number_in_text": N_("the number {order_id} in the text"),
    "order_id_part": N_("the order number contains {part}"),
    "order_id_similar": N_("the order number is close to {given}"),
    "buyer": N_("buyer {buyer}"),
    "po_number": N_("purchase order {po_number}"),
    "tracking": N_("tracking number {tracking}"),
    "rma": N_("return request {rma}"),
    "item": N_("{sku} is in the order"),
    "item_units": N_("{sku}: {units} of {ordered} units"),
    "item_price": N_("{sku} at {price}"),
    "item_units_price": N_("{sku}: {units} of {ordered} units at {price}"),
    "item_title": N_("{sku} fits the product name"),
    "email": N_("the e-mail address fits"),
    "email_like": N_("the e-mail address nearly fits"),
    "name": N_("the name fits"),
    "name_in_email": N_("the name and the e-mail address belong together"),
    "name_like": N_("the name nearly fits"),
    "name_part": N_("a part of the name fits"),
    "postcode": N_("the postcode fits"),
    "postcode_like": N_("the postcode nearly fits"),
    "city": N_("the city fits"),
    "city_like": N_("the city nearly fits"),
    "country": N_("ship-to country {country}"),
    "placed_after": N_("but it was placed after the buyer wrote"),
    "units_exceed": N_("but {sku}: {units} units are claimed, {ordered} were ordered"),
    "price_differs": N_("but {sku} cost {price}"),
    "item_missing": N_("but {sku} is not in it"),
    "buyer_differs": N_("but it belongs to another buyer"),
    "po_differs": N_("but its purchase order is {po_number}"),
}
"""What each piece of evidence for or against an order says."""

QUESTIONS: dict[str, str] = {
    "apart_date": N_("Ask on which day it was ordered: {dates}."),
    "apart_product": N_("Ask what else was in the order: {skus}."),
    "apart_units": N_("Ask how many units of {sku} were ordered: {units}."),
    "apart_po": N_("Ask for the purchase order number: {numbers}."),
    "apart_country": N_("Ask to which country it went: {countries}."),
    "apart_place": N_("Ask for city and postcode of the delivery: they differ."),
    "apart_number": N_("Ask for the order number: the orders are alike in all else."),
}
"""What to ask when several orders fit equally well, with the facts in which they differ."""

IMPORTS: dict[str, str] = {
    # the whole file
    "import_no_file": N_("{file} cannot be read: {reason}"),
    "import_empty": N_("{file} is empty: no header line, no rows."),
    "import_no_orders": N_("{file} holds no orders of Amazon's Orders API."),
    "import_unreadable": N_("{file}, line {line}: cannot be read as a table ({reason})."),
    "import_stopped": N_(
        "{file}: reading stopped in the middle ({reason}). Import it again: what is there already stays."
    ),
    "import_unknown_format": N_(
        "{file} is none of the known formats ({formats}). The nearest is {nearest}: "
        "recognised columns {known}; not recognised {unknown}."
    ),
    "import_format_name": N_("{format} is not a known format: write one of {formats}."),
    "import_columns_missing": N_(
        "{file} lacks the column {missing}. Recognised columns: {known}; not recognised: {unknown}."
    ),
    "import_unknown_report": N_("{file} is none of the reports that can be reviewed: {formats}."),
    "import_parquet_missing": N_("Reading {file} needs the package pyarrow: pip install pyarrow."),
    "import_map_missing": N_("The format table needs a mapping file: add --map MAP.yaml."),
    "import_map_wrong": N_("{file}: {reason}"),
    "import_earlier_wrong": N_("{file}, entry {entry}: {reason}"),
    # one row
    "row_too_short": N_("The row has {cells} of {columns} columns: the file may be cut off here."),
    "row_too_long": N_("The row has {cells} cells for {columns} columns."),
    "row_no_order": N_("No order number."),
    "row_long_order": N_("The order number has {length} characters; 40 is the most."),
    "row_no_sku": N_("No SKU."),
    "row_units": N_("{text} is not a positive whole number of units."),
    "row_stock": N_("{text} is not a whole number of units in stock."),
    "row_cancelled_empty": N_("Cancelled before it was paid: no units."),
    "row_price": N_("{text} is not an amount."),
    "row_no_price": N_("No price."),
    "row_currency": N_("{text} is not a currency."),
    "row_no_currency": N_("No currency, and none follows from the marketplace."),
    "row_time": N_("{text} is not a date this program can read; say how with format in the mapping file."),
    "row_channel": N_("{text} is not a channel: FBM, FBA or SFP."),
    "row_repeated": N_("The same row is already on line {line}."),
    "row_mixed_currencies": N_("The order has amounts in {currencies}: none of its rows is taken."),
    "row_period": N_("The period ends on {last}, before it begins on {first}."),
    "row_alias": N_("{alias} already stands for {sku}: a name can mean one product only."),
    "row_trait_twice": N_("Line {line} gives another {trait} for the same days."),
    "row_wrong": N_("{reason}"),
    "row_unknown_order": N_("Order {order_id} is not in the order book."),
    "row_unknown_sku": N_("Order {order_id} has no line with SKU {sku}."),
}
"""Why a report file, or one row of it, is not imported."""

STORE: dict[str, str] = {
    "store_locked": N_("The database is locked by another program: close it, or try again in a moment."),
    "store_read_only": N_("The database cannot be written: check the rights of {place}."),
    "store_newer": N_(
        "The database was written by a newer version of this program ({revision}): install that version."
    ),
    "store_disk_full": N_("The disk is full: make room, then try again. Nothing was saved."),
    "store_damaged": N_("{place} is damaged or not a database: restore it from a backup."),
    "store_unreachable": N_("The database cannot be reached: {reason}"),
    "store_url": N_("{url} is not a database address: write sqlite:///FILE or postgresql://USER@HOST/NAME."),
    "store_in_memory": N_("A database in memory cannot be shared between pages: give it a file."),
    "store_driver_missing": N_("PostgreSQL needs the package psycopg: pip install 'psycopg[binary]'."),
}
"""Why the database cannot be used."""
