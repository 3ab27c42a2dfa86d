"""All settings of IPS. Every one can be set by an environment variable; the README has the table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ips.debug_pages import refuse_debug_pages_elsewhere
from ips.environment import (
    envbool,
    envchoice,
    envint,
    envlist,
    envnetworks,
    envseconds,
    envsecret,
    envstr,
    envwaits,
    envzone,
    read_instance,
)
from ips.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(envstr("IPS_VAR_DIR") or BASE_DIR / "var" / os.environ.get("PORT", "8000"))
read_instance(VAR_DIR)

VERSION = envstr("IPS_VERSION")
DEBUG = envbool("IPS_DEBUG", False)
SECRET_KEY = envsecret("IPS_SECRET_KEY") or "-"
JWT_KEY = envsecret("IPS_JWT_KEY") or "-"
REQUESTS_PER_MINUTE = envint("IPS_REQUESTS_PER_MINUTE", 6000)  # of one credential, in one web process
REQUEST_ABANDONED_SECONDS = envint("IPS_REQUEST_ABANDONED_SECONDS", 30, at_least=1)  # with an Idempotency-Key
JWT_HOURS = envint("IPS_JWT_HOURS", 24, at_least=1)
ALLOWED_HOSTS = envlist("IPS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = envlist("IPS_TRUSTED_ORIGINS")
METRICS_TOKEN = envsecret("IPS_METRICS_TOKEN")
METRICS_ADDRESS = envstr("IPS_METRICS_ADDRESS")  # host:port of its own for /metrics
TRUSTED_PROXIES = envlist("IPS_TRUSTED_PROXIES")  # networks whose X-Forwarded-For is believed
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# True where browsers reach IPS by https only, through a proxy that says so in X-Forwarded-Proto.
HTTPS = envbool("IPS_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if DEBUG:
    refuse_debug_pages_elsewhere(allowed_hosts=ALLOWED_HOSTS, address=envstr("IPS_WEB_ADDRESS"), https=HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes and scrapes come from inside, by plain http
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"

# Which installation this is, told at the top of every page of the admin.
ENVIRONMENT_NAME = envstr("IPS_ENVIRONMENT_NAME")[:60]
ENVIRONMENT_COLOR = envchoice("IPS_ENVIRONMENT_COLOR", "grey", ("grey", "green", "blue", "yellow", "orange", "red"))

INSTALLED_APPS = [
    "ips",  # first: its templates go before those of the others
    "accounts.admin_site.IpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prometheus",
    "django_filters",
    "django_rq",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "prewarm",
    "webhooks",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "ips.security_headers.SecurityHeadersMiddleware",
    "ips.metrics.MetricsPortMiddleware",
    "ips.request_id.RequestIdMiddleware",
    "ips.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ips.body_limit.BodyLimitMiddleware",
    "accounts.middleware.OriginMiddleware",
    "accounts.request_rate.RateLimitHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ips.error_pages.DatabaseAwayMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "ips.urls"
WSGI_APPLICATION = "ips.wsgi.application"
CSRF_FAILURE_VIEW = "ips.error_pages.csrf_failed"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database. SQLite: WAL lets readers go on while one writes; IMMEDIATE takes the write lock at BEGIN, so that a
# transaction that reads first never fails with "database is locked" half-way.
DB_ENGINE = envchoice("IPS_DB_ENGINE", "sqlite", ("sqlite", "mysql"))
DB_LOCK_SECONDS = envint("IPS_DB_LOCK_SECONDS", 10, at_least=1)
DATABASES: dict[str, dict[str, Any]]
if DB_ENGINE == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": envstr("IPS_DB_NAME") or str(VAR_DIR / "ips.sqlite3"),
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": str(VAR_DIR / "test.sqlite3")},  # a file: threads and processes of a test share it
            "OPTIONS": {
                "timeout": DB_LOCK_SECONDS,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": envstr("IPS_DB_NAME", "ips"),
            "HOST": envstr("IPS_DB_HOST", "127.0.0.1"),
            "PORT": envint("IPS_DB_PORT", 3306),
            "USER": envstr("IPS_DB_USER", "ips"),
            "PASSWORD": envsecret("IPS_DB_PASSWORD"),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "charset": "utf8mb4",
                "isolation_level": "read committed",
                "connect_timeout": 5,
                "init_command": "SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES'"
                f", innodb_lock_wait_timeout = {DB_LOCK_SECONDS}",
            },
            "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in. Sessions are rows of accounts.Session; Django's own keep nothing (messages travel in a cookie).
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
PASSWORD_MIN_LENGTH = 12
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH}},
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["username", "email"]}},
]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
LOGIN_URL = "/admin/login/"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.Permitted"],
    "DEFAULT_PARSER_CLASSES": ["ips.strict_json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PAGINATION_CLASS": "ips.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ips.problems.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "IPS, the Image Prewarm Service",
    "DESCRIPTION": "Pulls container images onto the nodes of a Kubernetes cluster before anyone needs them.",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["accounts.permissions.Permitted"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "TaskStatusEnum": "prewarm.models.TaskStatus",
        "NodeStatusEnum": "prewarm.models.NodeStatus",
        "DeliveryStatusEnum": "webhooks.models.DeliveryStatus",
        "WebhookKindEnum": "webhooks.models.WebhookKind",
        "RegistryKindEnum": "webhooks.models.RegistryKind",
        "ArrivalOutcomeEnum": "webhooks.models.ArrivalOutcome",
        "GatheringStatusEnum": "webhooks.models.GatheringStatus",
        "AuditOutcomeEnum": "accounts.models.Outcome",
        "OutcomeEnum": "prewarm.image_results.Outcome",
        "RunOutcomeEnum": "prewarm.models.RunOutcome",
        "WaitsForEnum": "prewarm.intake_view.WAITS_FOR",
        "ScheduleWaitsForEnum": "prewarm.schedules.serializers.WAITS_FOR",
        "WindowKindEnum": "prewarm.pull_windows.KINDS",
        "NameKindEnum": "prewarm.inventory_serializers.KINDS",
        "GapKindEnum": "prewarm.policies.serializers.GAP_KINDS",
        "PermissionEnum": "accounts.me.MAY",
    },
    "PREPROCESSING_HOOKS": ["ips.openapi.only_v1"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "ips.openapi.add_problems"],
}

TIME_ZONE = "UTC"  # rq-scheduler reads cron in the process' zone: only UTC has no gaps
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

# Files. The built UI is served from the root; those of the admin, the API pages and the docs come straight from
# their packages, so that there is nothing to collect.
UI_DIR = Path(envstr("IPS_UI_DIR") or BASE_DIR / "frontend" / "dist")
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ROOT = UI_DIR if UI_DIR.is_dir() else None  # not built: the pages say so
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$"

LOG_FORMAT = envchoice("IPS_LOG_FORMAT", "json", ("json", "text"))
LOG_LEVEL = envchoice("IPS_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_settings(LOG_FORMAT, LOG_LEVEL)

# Redis or Valkey: a doorbell. Nothing that matters lives there.
REDIS_URL = envsecret("IPS_REDIS_URL") or "redis://127.0.0.1:6379/0"
QUEUE_TURNS, QUEUE_TICKS, QUEUE_DELIVERIES = "turns", "ticks", "deliveries"
RQ_QUEUES = {
    name: {
        "URL": REDIS_URL,
        "DEFAULT_TIMEOUT": 120,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "REDIS_CLIENT_KWARGS": {"socket_connect_timeout": 3, "socket_keepalive": True},
    }
    for name in (QUEUE_TURNS, QUEUE_TICKS, QUEUE_DELIVERIES)
}
RQ_SHOW_ADMIN_LINK = True

# The cluster
CLUSTER = envchoice("IPS_CLUSTER", "auto", ("auto", "simulated", "kubeconfig", "in-cluster"))
KUBECONFIG = envstr("IPS_KUBECONFIG")
PULL_NAMESPACE = envstr("IPS_PULL_NAMESPACE", "ips-pull")
PULL_SERVICE_ACCOUNT = envstr("IPS_PULL_SERVICE_ACCOUNT", "ips-puller")
PRIORITY_CLASS = envstr("IPS_PRIORITY_CLASS", "ips-prewarm")
HELPER_IMAGE = envstr("IPS_HELPER_IMAGE")

# What goes out on a user's word: which private networks it may reach, and whether registries are asked beforehand
OUTBOUND_PRIVATE = envnetworks("IPS_OUTBOUND_PRIVATE")
REGISTRY_CHECK = envchoice("IPS_REGISTRY_CHECK", "on", ("on", "off")) == "on"

# Webhooks: where people reach IPS, for links; other hosts that speak for DingTalk or Slack; how often it is tried again
PUBLIC_URL = envstr("IPS_PUBLIC_URL").rstrip("/")
CHAT_HOSTS = envlist("IPS_CHAT_HOSTS")
KEEP_DELIVERIES_DAYS = envint("IPS_KEEP_DELIVERIES_DAYS", 30, at_least=1)
DELIVERY_THREADS = envint("IPS_DELIVERY_THREADS", 16, at_least=1)
DELIVERY_SECONDS = envseconds("IPS_DELIVERY_SECONDS", 15, at_least=0.5)
DELIVERY_WAITS = envwaits("IPS_DELIVERY_WAITS", "5,60,300,1800,7200,18000,36000")
CHAT_WAITS = envwaits("IPS_CHAT_WAITS", "5,60,300,900,1800")
WEBHOOK_REST_SECONDS = envseconds("IPS_WEBHOOK_REST_SECONDS", 5)
WEBHOOK_REFUSED_SECONDS = envseconds("IPS_WEBHOOK_REFUSED_SECONDS", 600)
WEBHOOK_DISABLE_HOURS = envint("IPS_WEBHOOK_DISABLE_HOURS", 72, at_least=1)

# What registries tell us: how much of it a hook takes in a minute, in one web process, and how long it is remembered
HOOK_REQUESTS_PER_MINUTE = envint("IPS_HOOK_REQUESTS_PER_MINUTE", 600, at_least=1)
KEEP_ARRIVALS_DAYS = envint("IPS_KEEP_ARRIVALS_DAYS", 30, at_least=1)
PIN_SECONDS = envseconds("IPS_PIN_SECONDS", 900, at_least=1)
# Policies, in seconds: between passes that news of nodes lead to, and between readings of workloads; before what failed
# is asked for again, doubling up to the next; how long an own pull counts on a node whose list is cut
POLICY_LEAST_SECONDS = envseconds("IPS_POLICY_LEAST_SECONDS", 10, at_least=0.1)
POLICY_FOLLOW_SECONDS = envseconds("IPS_POLICY_FOLLOW_SECONDS", 60, at_least=1)
POLICY_RETRY_SECONDS = envseconds("IPS_POLICY_RETRY_SECONDS", 60, at_least=1)
POLICY_RETRY_MAX_SECONDS = envseconds("IPS_POLICY_RETRY_MAX_SECONDS", 6 * 3600, at_least=1)
POLICY_PROVE_SECONDS = envseconds("IPS_POLICY_PROVE_SECONDS", 6 * 3600, at_least=1)

# Limits. What a platform administrator decides while IPS runs (prewarm.live_settings) goes before the first five.
CAP_CLUSTER = envint("IPS_CAP_CLUSTER", 100, at_least=1)
CAP_REGISTRY_HOST = envint("IPS_CAP_REGISTRY_HOST", 50, at_least=1)
CAP_TENANT = envint("IPS_CAP_TENANT", 100, at_least=1)
CREATES_PER_SECOND = envint("IPS_CREATES_PER_SECOND", 50, at_least=1)
DELETES_PER_SECOND = envint("IPS_DELETES_PER_SECOND", 100, at_least=1)
MAX_NODES = envint("IPS_MAX_NODES", 10_000, at_least=1)
MAX_IMAGES = envint("IPS_MAX_IMAGES", 500, at_least=1)
MAX_PAIRS = envint("IPS_MAX_PAIRS", 200_000, at_least=1)

# Where the windows are, in which pulls may start, and how long what is over is kept; may be changed in the same way
TIME_ZONE_OF_WINDOWS = envzone("IPS_TIME_ZONE", "UTC")
KEEP_TASKS_DAYS = envint("IPS_KEEP_TASKS_DAYS", 90, at_least=1)
KEEP_AUDIT_DAYS = envint("IPS_KEEP_AUDIT_DAYS", 365, at_least=1)
KEEP_INVENTORY_DAYS = envint("IPS_KEEP_INVENTORY_DAYS", 30, at_least=1)

# Times of the executor, in seconds
LEASE_SECONDS = envseconds("IPS_LEASE_SECONDS", 20, at_least=1)
LEASE_RENEW_SECONDS = envseconds("IPS_LEASE_RENEW_SECONDS", 5, at_least=0.1)
LEASE_MARGIN_SECONDS = envseconds("IPS_LEASE_MARGIN_SECONDS", 5, at_least=0.1)
TURN_SECONDS = envseconds("IPS_TURN_SECONDS", 15, at_least=0.5)
COMMIT_SECONDS = envseconds("IPS_COMMIT_SECONDS", 0.2, at_least=0.01)
TICK_SECONDS = envseconds("IPS_TICK_SECONDS", 3, at_least=1)
UNCLAIMED_SECONDS = envseconds("IPS_UNCLAIMED_SECONDS", 10, at_least=1)
NODE_VIEW_STALE_SECONDS = envseconds("IPS_NODE_VIEW_STALE_SECONDS", 60, at_least=1)
# A kubelet asks its runtime for images every 30 s and tells of a change within 10 s: one refresh may fail
NODE_IMAGES_LAG_SECONDS = envseconds("IPS_NODE_IMAGES_LAG_SECONDS", 90, at_least=0)
NODE_ANSWER_SECONDS = envseconds("IPS_NODE_ANSWER_SECONDS", 120, at_least=1)
UNSCHEDULABLE_SECONDS = envseconds("IPS_UNSCHEDULABLE_SECONDS", 30, at_least=1)
PULL_TIMEOUT_GRACE_SECONDS = envseconds("IPS_PULL_TIMEOUT_GRACE_SECONDS", 30, at_least=1)
ORPHAN_SECONDS = envseconds("IPS_ORPHAN_SECONDS", 30, at_least=1)
RETRY_BACKOFF_MAX_SECONDS = envseconds("IPS_RETRY_BACKOFF_MAX_SECONDS", 600, at_least=1)
WATCH_SECONDS = envint("IPS_WATCH_SECONDS", 30, at_least=1)
API_CONNECT_SECONDS = envseconds("IPS_API_CONNECT_SECONDS", 3, at_least=0.5)
API_READ_SECONDS = envseconds("IPS_API_READ_SECONDS", 20, at_least=1)
STEADY_SECONDS = envseconds("IPS_STEADY_SECONDS", 15, at_least=0.5)
DISK_HEADROOM_BYTES = envint("IPS_DISK_HEADROOM_MB", 1024) * 1_000_000

if LEASE_RENEW_SECONDS * 2 > LEASE_SECONDS - LEASE_MARGIN_SECONDS:
    raise ImproperlyConfigured(
        "IPS_LEASE_SECONDS less IPS_LEASE_MARGIN_SECONDS must be at least twice IPS_LEASE_RENEW_SECONDS, "
        "or one late renewal loses the lease."
    )
if DB_ENGINE == "mysql":
    # A process that is stopped inside a transaction keeps its locks: MariaDB breaks it off well before its leases end.
    # MySQL knows no such thing, and skips what is in this kind of comment.
    idle = max(2, round(LEASE_SECONDS / 2))
    DATABASES["default"]["OPTIONS"]["init_command"] += f" /*M!100300 , idle_transaction_timeout = {idle} */"
