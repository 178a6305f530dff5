"""What the web servers under fire run: the product, mortal; without its memory in a control."""

import os

from django.urls import get_resolver

from lotwms.wsgi import application as product
from tests.fire import points

points.arm()
application = points.Mortal(product)
_ = get_resolver().url_patterns  # read once, before a worker is started again and again

if os.environ.get("FIRE_FORGETFUL"):
    # The negative control: a key is remembered nowhere, so what is sent again is done again.
    from merchants.api import views

    def forget(_request, perform):
        return perform()

    views.once = forget
