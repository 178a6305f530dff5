"""The settings of the product, on the test database, with the tests' clock."""

import os
import tempfile

from tests.engines import database_url

os.environ["DATABASE_URL"] = database_url()
# A developer's own environment must not change what the tests see.
for name in (
    "LOTWMS_ENV",
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "API_RATE",
    "DATABASE_REPLICA_URL",
):
    os.environ.pop(name, None)
# A busy machine must not look like a deadlock: who waits for another test thread waits. Nor is a
# statement given up, or a transaction that waits for a thread.
os.environ["DATABASE_LOCK_TIMEOUT_MS"] = "60000"
os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "300000"

from lotwms.settings import *  # noqa: E402
from lotwms.settings import DATABASES, ON_SQLITE  # noqa: E402

CLOCK = "tests.clock.read"
API_RATE = None  # no limit, unless a test sets one
_UPLOADS = tempfile.TemporaryDirectory(prefix="lotwms-uploads-")  # gone when the process ends
MEDIA_ROOT = _UPLOADS.name
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if ON_SQLITE:
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-20000;"
    )
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
WHITENOISE_AUTOREFRESH = True  # or each test client reads all static files
