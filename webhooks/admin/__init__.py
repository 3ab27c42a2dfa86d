"""Webhooks, deliveries and registry hooks in the admin: to look at, and to act on by the same moves as anywhere."""

from webhooks.admin import deliveries, inbound, webhooks  # noqa: F401  # each registers its pages
