"""What the walks of the seeds begin with, made by the API: keys, a warehouse, a product."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command

from tests.merchants.api import Caller

SKU = "VITAMIN-C-90CT"
EARLY = {"lot_number": "VC-2026-10-A", "expires_on": "2026-10-31"}
LATE = {"lot_number": "VC-2027-03-B", "expires_on": "2027-03-31"}
DAYS = 152  # from 2026-06-01 to 2026-10-31


@dataclass
class Walk:
    """Staff and a merchant with their keys, and the product."""

    staff: Caller
    merchant: Caller
    product: dict[str, Any]

    def inventory(self) -> dict[str, int]:
        """The quantities of the product that are not 0."""
        told = ok(self.merchant.get(f"inventory/{self.product['id']}/"))
        return {name: told[name] for name in QUANTITIES if told[name]}

    def lots(self) -> dict[str | None, dict[str, int]]:
        """The same by lot, in the order of the answer."""
        told = ok(self.merchant.get(f"inventory/{self.product['id']}/lots/"))
        assert (told["next"], told["previous"]) == (None, None)
        return {
            row["lot"] and row["lot"]["number"]: {
                name: row[name] for name in QUANTITIES if row[name]
            }
            for row in told["results"]
        }

    def in_bins(self) -> list[tuple[str, str | None, int, int]]:
        """(location, lot, on hand, committed) wherever units stand."""
        told = ok(self.merchant.get(f"item-locations/?sku={SKU}&has_inventory=true"))
        return [
            (row["location"], row["lot"] and row["lot"]["number"], row["on_hand"], row["committed"])
            for row in told["results"]
        ]


QUANTITIES = (
    "incoming", "on_hand", "committed", "fulfillable", "exception", "backordered", "in_transit"
)  # fmt: skip


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()


def key(*arguments: str) -> Caller:
    """A client with a new key, taken as a person takes it from the command's last line."""
    said = StringIO()
    call_command("create_api_key", *arguments, stdout=said)
    return Caller(said.getvalue().splitlines()[-1])


def make_house() -> Caller:
    """Staff, with one merchant, one warehouse and four bins."""
    staff = key("--staff")
    ok(staff.post("merchants/", {"code": "VITALEAF", "name": "Vitaleaf Supplements"}), 201)
    chicago = {"code": "CHI", "name": "Chicago", "timezone": "America/Chicago"}
    ok(staff.post("warehouses/", chicago), 201)
    for place in range(1, 5):
        ok(staff.post("locations/", {"name": f"A-01-0{place}", "warehouse": "CHI"}), 201)
    return staff


def make_walk(house: Caller, **fields: Any) -> Walk:
    """The merchant with its key and the product, of which nothing was ever there."""
    merchant = key("--merchant", "VITALEAF")
    product = {"sku": SKU, "name": "Vitamin C 1000 mg, 90 count", **fields}
    return Walk(house, merchant, ok(merchant.post("products/", product), 201))


def assert_ledger_agrees() -> None:
    said = StringIO()
    call_command("check_ledger", stdout=said)
    assert said.getvalue() == "The ledger agrees with itself.\n"
