"""All settings of IPS. Every one can be set by an environment variable; the README has the table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ips.environment import (
    envbool,
    envchoice,
    envint,
    envlist,
    envseconds,
    envsecret,
    envstr,
    read_instance,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(envstr("IPS_VAR_DIR") or BASE_DIR / "var" / os.environ.get("PORT", "8000"))
read_instance(VAR_DIR)

DEBUG = envbool("IPS_DEBUG", False)
SECRET_KEY = envsecret("IPS_SECRET_KEY") or "-"
JWT_KEY = envsecret("IPS_JWT_KEY") or "-"
JWT_HOURS = envint("IPS_JWT_HOURS", 24, at_least=1)
ALLOWED_HOSTS = envlist("IPS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = envlist("IPS_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
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
    "ips",
    "accounts",
    "prewarm",
    "webhooks",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "ips.urls"
WSGI_APPLICATION = "ips.wsgi.application"
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
DATABASES: dict[str, dict[str, Any]]
if DB_ENGINE == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": envstr("IPS_DB_NAME") or str(VAR_DIR / "ips.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
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
                "init_command": "SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES'",
            },
            "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

TIME_ZONE = "UTC"  # rq-scheduler reads cron in the process' zone: only UTC has no gaps
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

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

# Limits (caps a platform administrator may change later are rows; these are what the rows start from)
CAP_CLUSTER = envint("IPS_CAP_CLUSTER", 100, at_least=1)
CAP_REGISTRY_HOST = envint("IPS_CAP_REGISTRY_HOST", 50, at_least=1)
CAP_TENANT = envint("IPS_CAP_TENANT", 100, at_least=1)
CREATES_PER_SECOND = envint("IPS_CREATES_PER_SECOND", 50, at_least=1)
DELETES_PER_SECOND = envint("IPS_DELETES_PER_SECOND", 100, at_least=1)
MAX_NODES = envint("IPS_MAX_NODES", 10_000, at_least=1)
MAX_IMAGES = envint("IPS_MAX_IMAGES", 500, at_least=1)
MAX_PAIRS = envint("IPS_MAX_PAIRS", 200_000, at_least=1)

# Times of the executor, in seconds
LEASE_SECONDS = envseconds("IPS_LEASE_SECONDS", 20, at_least=1)
LEASE_RENEW_SECONDS = envseconds("IPS_LEASE_RENEW_SECONDS", 5, at_least=0.1)
LEASE_MARGIN_SECONDS = envseconds("IPS_LEASE_MARGIN_SECONDS", 5, at_least=0.1)
TURN_SECONDS = envseconds("IPS_TURN_SECONDS", 15, at_least=0.5)
COMMIT_SECONDS = envseconds("IPS_COMMIT_SECONDS", 0.2, at_least=0.01)
TICK_SECONDS = envseconds("IPS_TICK_SECONDS", 3, at_least=1)
UNCLAIMED_SECONDS = envseconds("IPS_UNCLAIMED_SECONDS", 10, at_least=1)
NODE_VIEW_STALE_SECONDS = envseconds("IPS_NODE_VIEW_STALE_SECONDS", 60, at_least=1)
NODE_ANSWER_SECONDS = envseconds("IPS_NODE_ANSWER_SECONDS", 120, at_least=1)
UNSCHEDULABLE_SECONDS = envseconds("IPS_UNSCHEDULABLE_SECONDS", 30, at_least=1)
PULL_TIMEOUT_GRACE_SECONDS = envseconds("IPS_PULL_TIMEOUT_GRACE_SECONDS", 30, at_least=1)
ORPHAN_SECONDS = envseconds("IPS_ORPHAN_SECONDS", 30, at_least=1)
RETRY_BACKOFF_MAX_SECONDS = envseconds("IPS_RETRY_BACKOFF_MAX_SECONDS", 600, at_least=1)
WATCH_SECONDS = envint("IPS_WATCH_SECONDS", 30, at_least=5)
DISK_HEADROOM_BYTES = envint("IPS_DISK_HEADROOM_MB", 1024) * 1_000_000

if LEASE_RENEW_SECONDS * 2 > LEASE_SECONDS - LEASE_MARGIN_SECONDS:
    raise ImproperlyConfigured(
        "IPS_LEASE_SECONDS less IPS_LEASE_MARGIN_SECONDS must be at least twice IPS_LEASE_RENEW_SECONDS, "
        "or one late renewal loses the lease."
    )
