"""Django's admin: users and tenants, what lets them in, and the audit. For platform administrators alone."""

from accounts.admin import audit, credentials, people, tenants  # noqa: F401  # each registers its pages
