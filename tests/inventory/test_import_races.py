"""Two people at the same rows: the second is told, nothing is half done, nothing breaks."""

from datetime import date

import pytest
from django.db import connection, transaction

from inventory.locks import lock_products
from inventory.models import Product
from inventory.spreadsheets.screens import BUSY
from tests.builders import make_lot, make_merchant, make_product
from tests.inventory.admin import browser, says
from tests.inventory.sheets import LOTS, PRODUCTS, comma, confirm, preview
from tests.merchants.races import Thread, until_one_waits

HEAD = ["merchant", "sku", "name"]


@pytest.fixture
def soap(transactional_db):
    return make_product(make_merchant("GLOW"), "SOAP", name="Soap")


def impatient(client, shown, setting):
    def act():
        with connection.cursor() as cursor:
            cursor.execute(setting)
        return confirm(client, shown, PRODUCTS)

    return act


@pytest.mark.postgresql
def test_who_waits_too_long_for_a_product_is_told(soap):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "SOAP", "Mine"], ["GLOW", "NEW", "N"]))
    with Thread() as other, transaction.atomic():
        lock_products([soap.pk])
        response = other.submit(impatient(client, shown, "SET lock_timeout = '50ms'")).result()
    assert (response.url, says(response)) == (PRODUCTS, [BUSY])
    assert list(Product.objects.values_list("sku", "name")) == [("SOAP", "Soap")]


@pytest.mark.postgresql
def test_a_preview_waits_for_nobody(soap):
    client = browser()
    data = comma(HEAD, ["GLOW", "SOAP", "Mine"])
    with Thread() as other, transaction.atomic():
        lock_products([soap.pk])
        shown = other.submit(lambda: preview(client, PRODUCTS, data)).result()
    assert shown.context["counts"] == {"update": 1}


@pytest.mark.postgresql
def test_nor_does_one_of_lots(soap):
    make_lot(soap, "A", date(2027, 1, 31))
    client = browser()
    data = comma(["merchant", "sku", "lot_number", "supplier"], ["GLOW", "SOAP", "A", "Nordic"])
    with Thread() as other, transaction.atomic():
        lock_products([soap.pk])
        shown = other.submit(lambda: preview(client, LOTS, data)).result()
    assert shown.context["counts"] == {"update": 1}


@pytest.mark.postgresql
def test_of_two_who_make_the_same_product_one_is_told(soap):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "NEW", "Mine"], ["GLOW", "MORE", "M"]))
    with Thread() as other:
        with transaction.atomic():
            make_product(soap.merchant, "NEW", name="Theirs")
            second = other.submit(lambda: confirm(client, shown, PRODUCTS))
            until_one_waits()
        response = second.result()
    assert response.status_code == 200
    assert "The SKU NEW is taken." in response.rendered_content
    assert set(Product.objects.values_list("sku", "name")) == {("SOAP", "Soap"), ("NEW", "Theirs")}


@pytest.mark.sqlite
def test_on_sqlite_too_who_waits_too_long_is_told(soap):
    client = browser()
    shown = preview(client, PRODUCTS, comma(HEAD, ["GLOW", "SOAP", "Mine"]))
    with Thread() as other, transaction.atomic():
        lock_products([soap.pk])
        response = other.submit(impatient(client, shown, "PRAGMA busy_timeout = 50")).result()
    assert (response.url, says(response)) == (PRODUCTS, [BUSY])
    assert Product.objects.get().name == "Soap"
