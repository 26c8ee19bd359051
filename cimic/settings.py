"""The settings. Each variable is ``CIMIC_`` and the setting's name; ``.env.example`` lists them."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from xstatic.pkg import leaflet

from cimic.logs import configure_structlog, logging_for

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA = Path(env.str("CIMIC_DATA", default="") or BASE_DIR / "var").resolve()
DEBUG = env.bool("CIMIC_DEBUG", default=False)
DEMO = env.bool("CIMIC_DEMO", default=False)
DEMO_PASSWORD = env.str("CIMIC_DEMO_PASSWORD", default="carana-demo")
SITE_URL = env.str("CIMIC_SITE_URL", default="http://127.0.0.1:8000").rstrip("/")


def kept_in(path: str) -> str:
    """Return a secret that is kept in a file, as a server's containers are given it."""
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from error


SECRET_KEY = env.str("CIMIC_SECRET_KEY", default="") or kept_in(
    env.str("CIMIC_SECRET_KEY_FILE", default="")
)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "Set CIMIC_SECRET_KEY to a long random text; `make run` keeps one of its own in DATA."
    )

# Keys that were replaced: what they signed or sealed stays readable while they stand here.
SECRET_KEY_FALLBACKS = env.list("CIMIC_SECRET_KEY_FALLBACKS", default=[])

HTTPS = urlsplit(SITE_URL).scheme == "https"
ALLOWED_HOSTS = env.list(
    "CIMIC_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", urlsplit(SITE_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = env.list("CIMIC_CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}
if DEMO and not set(ALLOWED_HOSTS) <= LOOPBACK:
    raise ImproperlyConfigured(
        "CIMIC_DEMO lets anyone enter as any post: it is refused unless every host in "
        "CIMIC_ALLOWED_HOSTS is this machine's own (127.0.0.1, localhost)."
    )

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "cimic.apps.StaticConfig",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "lucide",
    "common",
    "missions",
    "ledger",
    "access",
    "requests_app",
    "approvals",
    "records",
    "notices",
    "cimic",
]

MIDDLEWARE = [
    "cimic.requests.RequestMiddleware",
    "cimic.middleware.ProtectionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "cimic.middleware.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.middleware.SessionMiddleware",
    "cimic.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "access.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cimic.unsent.UnsentMiddleware",
    "cimic.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "cimic.urls"
WSGI_APPLICATION = "cimic.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cimic.context.frame",
            ],
        },
    },
]

# How long a database that does not answer is waited for; a line that died is noticed.
PATIENCE_WITH_DATABASE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def _database(variable: str, default: str = "") -> dict[str, Any]:
    found: dict[str, Any] = env.db_url(variable, default=default)
    options = {**PATIENCE_WITH_DATABASE, **found.get("OPTIONS", {})}
    return {**found, "ENGINE": "django.db.backends.postgresql", "OPTIONS": options}


# The serving role alone; the owner is named only for migrations, by ``manage.py migrate``.
DATABASES = {
    "default": {
        **_database("CIMIC_DATABASE_URL", "postgres:///cimic"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
if env.str("CIMIC_DATABASE_PASSWORD_FILE", default=""):
    DATABASES["default"]["PASSWORD"] = kept_in(env.str("CIMIC_DATABASE_PASSWORD_FILE"))
if os.environ.get("CIMIC_OWNER_DATABASE_URL"):
    DATABASES["owner"] = {**_database("CIMIC_OWNER_DATABASE_URL"), "TEST": {"MIRROR": "default"}}
    if env.str("CIMIC_OWNER_DATABASE_PASSWORD_FILE", default=""):
        DATABASES["owner"]["PASSWORD"] = kept_in(env.str("CIMIC_OWNER_DATABASE_PASSWORD_FILE"))

AUTH_USER_MODEL = "missions.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Decision 39: measured against argon2. What an older hasher made is made anew at the next sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Long, not among the common ones, nothing of the person's or the mission's; no signs demanded.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "access.passwords.OwnWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = 2 * 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "access.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# How often somebody may be wrong is counted by ``access.tries``; allauth counts the rest.
ACCOUNT_RATE_LIMITS = (
    {"login": None, "login_failed": None, "reset_password": None} if not DEMO else False
)
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CIMIC_PROXIES", default=0)

MFA_ADAPTER = "access.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "access.adapters.CodeForm",
    "reauthenticate": "access.adapters.CodeAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}  # a whole mission may have one address
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = env.str("CIMIC_TOTP_ISSUER", default="") or f"CIMIC {urlsplit(SITE_URL).hostname}"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# Whether everybody proves twice who they are, and not only the posts that decide.
SECOND_FACTOR_FOR_ALL = env.bool("CIMIC_SECOND_FACTOR_FOR_ALL", default=False)

# Single sign-on by OpenID Connect, of one provider; without an issuer there is none.
OIDC_ISSUER = env.str("CIMIC_OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("CIMIC_OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("CIMIC_OIDC_CLIENT_SECRET", default="") or kept_in(
    env.str("CIMIC_OIDC_CLIENT_SECRET_FILE", default="")
)
OIDC_NAME = env.str("CIMIC_OIDC_NAME", default="")
# What of ``amr`` or ``acr`` says that the provider asked for two factors.
OIDC_SECOND_FACTOR = env.list("CIMIC_OIDC_SECOND_FACTOR", default=["mfa"])
OIDC_ON_LOOPBACK = urlsplit(OIDC_ISSUER).hostname in LOOPBACK
if OIDC_ISSUER and not (OIDC_ISSUER.startswith("https://") or OIDC_ON_LOOPBACK):
    raise ImproperlyConfigured("CIMIC_OIDC_ISSUER is an https address.")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "CIMIC_OIDC_ISSUER needs CIMIC_OIDC_CLIENT_ID and CIMIC_OIDC_CLIENT_SECRET."
    )

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["cimic.formats"]
LANGUAGE_COOKIE_NAME = "cimic-language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("leaflet", leaflet.BASE_DIR)]
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cimic.storage.StaticStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
# ClamAV's daemon, host:port or /path of its socket, that looks at each file before it is kept.
CLAMAV = env.str("CIMIC_CLAMAV", default="")
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# In the database, as is what tries are counted by: shared by all processes, whether or not Redis
# is there. The drawn maps are large and any process may draw its own.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "access_cache",
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

SESSION_ENGINE = "access.sessions"
SESSION_COOKIE_AGE = 60 * env.int("CIMIC_SESSION_IDLE_MINUTES", default=120)
SESSION_LASTS = 60 * env.int("CIMIC_SESSION_MINUTES", default=720)
if not 0 < SESSION_COOKIE_AGE <= SESSION_LASTS:
    raise ImproperlyConfigured(
        "CIMIC_SESSION_IDLE_MINUTES is above nothing, and at most CIMIC_SESSION_MINUTES."
    )
# Only this host, over https, sets and gets a cookie whose name begins so.
HOST_ONLY = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{HOST_ONLY}sessionid"
CSRF_COOKIE_NAME = f"{HOST_ONLY}csrftoken"
CSRF_COOKIE_HTTPONLY = True
KNOWN_COOKIE_NAME = f"{HOST_ONLY}cimic-known"
WHO_COOKIE_NAME = f"{HOST_ONLY}cimic-who"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# A program is refused over http, not led on: it would send its token in the clear each time.
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "missions.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.reading.PlainJSONParser"],
    "EXCEPTION_HANDLER": "common.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CIMIC",
    "DESCRIPTION": "Requests, decisions and records of a mission's civil-military coordination.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cimic.contract.tell_of_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "requests_app.vocabulary.Status",
        "KindEnum": "requests_app.vocabulary.Kind",
        "AnswerEnum": "approvals.vocabulary.Word",
        "CapacityEnum": "missions.vocabulary.Capacity",
        "SeatKindEnum": "approvals.vocabulary.SeatKind",
        "DeliveryEnum": "notices.vocabulary.Delivery",
        "WebhookStateEnum": "notices.vocabulary.WebhookState",
        "WebhookDeliveryStateEnum": "notices.vocabulary.DeliveryState",
        "ProcessStandsEnum": "approvals.serializers.processes.STANDS",
    },
}

REDIS_URL = env.str("CIMIC_REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "cimic.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "tell what is owed": {
        "task": "notices.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "tell other systems what they are owed": {
        "task": "notices.tasks.tell_webhooks",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "make the digests that are due": {
        "task": "notices.tasks.make_digests",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "count compliance": {
        "task": "records.tasks.count_compliance",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "count figures ahead": {
        "task": "records.tasks.count_figures_ahead",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "let overdue advice lapse": {
        "task": "approvals.tasks.lapse_overdue_advice",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind and escalate": {
        "task": "approvals.tasks.remind_and_escalate",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind of complaints": {
        "task": "records.tasks.remind_of_complaints",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "delete the files of disposed records": {
        "task": "records.tasks.delete_disposed_files",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "make the checkpoint of the day": {
        "task": "ledger.tasks.make_daily_checkpoint",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "send letters about accounts": {
        "task": "access.tasks.send_account_mail",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "forget sessions that ended": {
        "task": "access.tasks.forget_what_ended",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "send receipts": {
        "task": "ledger.tasks.send_receipts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "write the exports that wait": {
        "task": "records.tasks.write_exports",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "remove exports kept for their time": {
        "task": "records.tasks.remove_expired_exports",
        "schedule": 3600.0,
    },
    "remind of follow-ups": {
        "task": "records.tasks.remind_of_follow_ups",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "say that beat and a worker live": {
        "task": "common.tasks.heartbeat",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "forget old imports": {
        "task": "requests_app.tasks.forget_old_imports",
        "schedule": 86400.0,
    },
    "forget old idempotency keys": {
        "task": "common.tasks.forget_old_idempotency_keys",
        "schedule": 86400.0,
    },
}

# The secret that checkpoints of the ledger are signed with, or the file it is in; who is sent
# their receipts, and a folder outside this server for them.
SIGNING_KEY = env.str("CIMIC_SIGNING_KEY", default="")
SIGNING_KEY_FILE = env.str("CIMIC_SIGNING_KEY_FILE", default="")
RECEIPT_EMAILS = env.list("CIMIC_RECEIPT_EMAILS", default=[])
RECEIPT_FOLDER = env.str("CIMIC_RECEIPT_FOLDER", default="")

# The public keys that backups are encrypted for.
BACKUP_RECIPIENTS = env.list("CIMIC_BACKUP_RECIPIENTS", default=[])

# Whoever is owed an outbox row for each entry of the ledger.
LEDGER_LISTENERS = ["notices", "compliance", "webhooks"]

# Hosts inside that webhooks may call all the same, each "host" or "host:port".
WEBHOOK_INSIDE_HOSTS = env.list("CIMIC_WEBHOOK_INSIDE_HOSTS", default=[])

# How long a page or an answer of the API may look for words before it asks for a narrower question.
SEARCH_SECONDS = env.float("CIMIC_SEARCH_SECONDS", default=3)
if not 0 < SEARCH_SECONDS <= 60:
    raise ImproperlyConfigured("CIMIC_SEARCH_SECONDS is a time in seconds, at most 60.")

# The hour of the mission's own clock at which daily digests are made.
DIGEST_HOUR = env.int("CIMIC_DIGEST_HOUR", default=7)
if DIGEST_HOUR not in range(24):
    raise ImproperlyConfigured("CIMIC_DIGEST_HOUR is an hour of the day, from 0 to 23.")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("CIMIC_MAIL_FROM", default="cimic@localhost")
if not os.environ.get("CIMIC_EMAIL_URL"):
    os.environ["CIMIC_EMAIL_URL"] = kept_in(env.str("CIMIC_EMAIL_URL_FILE", default=""))
if env.str("CIMIC_EMAIL_URL", default=""):
    vars().update(env.email_url("CIMIC_EMAIL_URL"))
else:
    EMAIL_BACKEND = "cimic.mail.FolderBackend"
EMAIL_TIMEOUT = 20

# Lines of the log: JSON for a server, words where a person watches.
LOG_FORMAT = env.str("CIMIC_LOG_FORMAT", default="plain" if DEMO or DEBUG else "json")
if LOG_FORMAT not in {"json", "plain"}:
    raise ImproperlyConfigured("CIMIC_LOG_FORMAT is json or plain.")
LOGGING = logging_for(LOG_FORMAT)
configure_structlog()

# Whoever has it may read /metrics; without it there is no such page.
METRICS_TOKEN = env.str("CIMIC_METRICS_TOKEN", default="") or kept_in(
    env.str("CIMIC_METRICS_TOKEN_FILE", default="")
)
