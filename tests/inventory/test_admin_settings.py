from datetime import date

import pytest

from inventory.models import Channel
from merchants.models import Merchant
from tests.builders import World, make_demand
from tests.inventory.admin import browser, errors, html, member_of, page


def sent(**changes: str) -> dict[str, str]:
    days = ("picking_disabled_days", *(f"{one}_min_shelf_life_days" for one in Channel.values))
    unchanged = {"lot_tracking_active": "on", "rotation": "fefo", **dict.fromkeys(days, "0")}
    return unchanged | changes


def change(merchant: Merchant) -> str:
    return page("lottrackingsettings_change", merchant.pk)


def test_looser_settings_are_offered_to_backorders(world: World) -> None:
    product = world.lot_product()
    browser().post(change(world.merchant), sent(picking_disabled_days="60"))
    world.stock_lot(product, "A", date(2026, 7, 1), 10, 0)
    demand = make_demand(product, 4, world.warehouse)
    assert demand.allocated == 0
    response = browser().post(change(world.merchant), sent(verify_lot="on"))
    assert response.status_code == 302
    demand.refresh_from_db()
    world.merchant.refresh_from_db()
    assert demand.allocated == 4
    assert (world.merchant.picking_disabled_days, world.merchant.verify_lot) == (0, True)


def test_a_channels_minimum_is_set_and_shown(world: World) -> None:
    response = browser().post(
        change(world.merchant), sent(b2b_min_shelf_life_days="90", fba_min_shelf_life_days="120")
    )
    assert response.status_code == 302
    world.merchant.refresh_from_db()
    asked = [world.merchant.channel_min_shelf_life_days(channel) for channel in Channel.values]
    assert asked == [0, 90, 120]
    assert "B2B 90, FBA 120" in html(browser().get(page("lottrackingsettings_changelist")))


def test_a_negative_number_of_days_is_refused(world: World) -> None:
    response = browser().post(change(world.merchant), sent(picking_disabled_days="-1"))
    assert errors(response)
    world.merchant.refresh_from_db()
    assert world.merchant.picking_disabled_days == 0


@pytest.mark.parametrize(("group", "status"), [("manager", 302), ("associate", 403)])
def test_who_may_change_accounts_may_change_these(world: World, group: str, status: int) -> None:
    response = member_of(group).post(change(world.merchant), sent(rotation="fifo"))
    assert response.status_code == status


def test_the_list_shows_every_account(world: World) -> None:
    assert "ACME" in html(browser().get(page("lottrackingsettings_changelist")))


def test_accounts_are_opened_elsewhere(world: World) -> None:
    assert browser().get(page("lottrackingsettings_add")).status_code == 403
