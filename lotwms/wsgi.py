import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotwms.settings")

application = get_wsgi_application()

# What the program consists of is never garbage, and a request leaves little: look less often, and
# at what is new only.
gc.freeze()
gc.set_threshold(10_000, 20, 20)
