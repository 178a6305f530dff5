"""All settings, by environment. With none, as after a clone: SQLite, for this machine only.

`LOTWMS_ENV=production` switches to the settings of a real installation; it refuses to start without
`SECRET_KEY` and `ALLOWED_HOSTS`. Every variable read here is described in docs/deployment.md.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from lotwms.databases import replica_of, tuned

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()

ENVIRONMENT = env("LOTWMS_ENV", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured("LOTWMS_ENV is 'development' or 'production'.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows settings to strangers; it stays off in production.")

SECRET_KEY = env("SECRET_KEY", default="" if PRODUCTION else "for-this-machine-only")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"]
)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Production needs SECRET_KEY: long, random, the same in all processes."
    )
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "Production needs ALLOWED_HOSTS: its host names, separated by commas."
    )

# Parts --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "lotwms",
    "jobs",
    "returns",
    "receiving",
    "fulfillment",
    "transfers",
    "inventory",
    "merchants",
    "lotwms.apps.LotwmsAdminConfig",  # django.contrib.admin with our site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "import_export",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lotwms.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "merchants.middleware.ClockMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "lotwms.urls"
WSGI_APPLICATION = "lotwms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data ---------------------------------------------------------------------------------------------

VAR_DIR.mkdir(exist_ok=True)
TIMEOUTS = {
    "lock_timeout_ms": env.int("DATABASE_LOCK_TIMEOUT_MS", default=5_000),
    "statement_timeout_ms": env.int("DATABASE_STATEMENT_TIMEOUT_MS", default=60_000),
}
DATABASES = {
    "default": tuned(
        env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'lotwms.sqlite3'}"), **TIMEOUTS
    )
}
DATABASE_REPLICA_MAX_LAG_SECONDS = env.float("DATABASE_REPLICA_MAX_LAG_SECONDS", default=30.0)
if env("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = replica_of(
        DATABASES["default"], env.db("DATABASE_REPLICA_URL"), **TIMEOUTS
    )
    DATABASE_ROUTERS = ["merchants.replica.Router"]
ON_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cache holds spreadsheets between preview and confirmation, so all web processes must see the
# same one. On SQLite there is one (`manage.py start`), whose memory will do; elsewhere it is a
# table, made by a migration. `CACHE_URL` names another, such as Redis.
CACHES = {
    "default": env.cache(
        "CACHE_URL",
        default="locmemcache://lotwms?max_entries=100000"
        if ON_SQLITE
        else "dbcache://lotwms_cache?max_entries=100000",
    )
}

# A task is enqueued in the transaction of the act that caused it.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
WORKER_BEAT_SECONDS = env.float("WORKER_BEAT_SECONDS", default=5.0)
JOB_ATTEMPTS = env.int("JOB_ATTEMPTS", default=5)
JOB_PAUSE_SECONDS = env.float("JOB_PAUSE_SECONDS", default=10.0)

# People -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "merchants.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "admin:login"

# Time and language --------------------------------------------------------------------------------

CLOCK = "merchants.clock.system_clock"  # the one place where time is read; tests name their own
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en-us"
USE_I18N = True
FORMAT_MODULE_PATH = "lotwms.formats"

# API ----------------------------------------------------------------------------------------------

API_RATE = env("API_RATE", default="6000/min")  # requests of one key

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["merchants.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "merchants.api.pagination.CursorPages",
    "DEFAULT_THROTTLE_CLASSES": ["merchants.api.throttling.KeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "merchants.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "merchants.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,  # otherwise `?format=` would be a query parameter of every list
}

SPECTACULAR_SETTINGS = {
    "TITLE": "lotwms",
    "DESCRIPTION": "Lots in, seen, out first-expired-first-out, and back.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    # Sets of choices that stand in fields of several names, or share a field's name with others.
    "ENUM_NAME_OVERRIDES": {
        "WroStatusEnum": "receiving.models.WRO.Status",
        "DiscrepancyStatusEnum": "receiving.models.Discrepancy.Status",
        "DeliveryStatusEnum": "receiving.models.UnidentifiedDelivery.Status",
        "OrderStatusEnum": "fulfillment.status.OrderStatus",
        "WaveStatusEnum": "fulfillment.models.WaveStatus",
        "ChannelEnum": "inventory.models.Channel",
        "ReturnStatusEnum": "returns.models.Status",
        "TransferStatusEnum": "transfers.models.Transfer.Status",
        "ReturnActionEnum": "inventory.models.ReturnAction",
        "BackupActionEnum": "inventory.models.BackupAction",
        "LotActionEnum": "inventory.models.Action",
        "DisposalActionEnum": "inventory.models.DisposalAction",
        "LotPaperKindEnum": "inventory.models.LotAttachment.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Mail ---------------------------------------------------------------------------------------------

# Merchants are told by mail what of theirs expires. In development it is printed; a real
# installation without EMAIL_URL sends none, and keeps what it would have told on its page.
MAIL = env.email_url(
    "EMAIL_URL", default="dummymail://localhost" if PRODUCTION else "consolemail://localhost"
)
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"] or "localhost", MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
SENDS_MAIL = not EMAIL_BACKEND.endswith(".dummy.EmailBackend")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=30)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="lotwms@localhost")
CURRENCY = env("CURRENCY", default="USD")  # of the values of products

# Labels -------------------------------------------------------------------------------------------

# Where the Digital Links on lot labels lead; any web address of one's own will do.
GS1_DIGITAL_LINK_DOMAIN = env("GS1_DIGITAL_LINK_DOMAIN", default="https://id.gs1.org")

# Receiving ----------------------------------------------------------------------------------------

# Surplus up to both limits is received as good; beyond either, all of it is set apart.
RECEIVING_OVERAGE_PERCENT = env.int("RECEIVING_OVERAGE_PERCENT", default=10)
RECEIVING_OVERAGE_UNITS = env.int("RECEIVING_OVERAGE_UNITS", default=25)
# How many hours a discrepancy may be open before it is overdue, by type: "no_wro=24,other=72".
DISCREPANCY_GRACE_HOURS = {"no_wro": 24, "other": 72} | env.dict(
    "DISCREPANCY_GRACE_HOURS", cast={"value": int}, default={}
)

# Spreadsheets -------------------------------------------------------------------------------------

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_TMP_STORAGE_CLASS = "import_export.tmp_storages.CacheStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# A receipt is one form, with some fields for each lot of each line.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Files --------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(VAR_DIR / "static"))() if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# What people hand in: photos, certificates. Several web machines share one such folder.
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))()
UPLOAD_MAX_MEGABYTES = env.int("UPLOAD_MAX_MEGABYTES", default=10)  # of one file

# Safety -------------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600 if PRODUCTION else 0)
if env.bool("BEHIND_PROXY", default=False):
    # Only behind a proxy that sets this header itself: a client could otherwise claim to use HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and the browsers' preload list are the owner's other hosts, not ours to promise.
    "security.W005",
    "security.W021",
]

# Logs ---------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "lotwms.logs.JsonFormatter"},
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if PRODUCTION else "text"}
    },
    "root": {
        "handlers": ["console"],
        "level": env("LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING"),
    },
    # Django's own handlers print in development only, and mail errors to nobody in production.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
