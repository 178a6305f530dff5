"""What the web servers under fire run: the product, mortal; without its memory in a control."""

import os
import signal
import threading
import time

from django.urls import get_resolver

from lotwms.wsgi import application as product
from tests.fire import points


def end_with(parent: int) -> None:
    """Do not outlive the test, whatever became of it."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


points.arm()
application = points.Mortal(product)
_ = get_resolver().url_patterns  # read once, before a worker is started again and again
threading.Thread(target=end_with, args=[int(os.environ["FIRE_PARENT"])], daemon=True).start()

if os.environ.get("FIRE_FORGETFUL"):
    # The negative control: a key is remembered nowhere, so what is sent again is done again.
    from merchants.api import views

    def forget(_request, perform):
        return perform()

    views.once = forget
