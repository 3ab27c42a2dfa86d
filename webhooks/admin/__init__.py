"""Webhooks and their deliveries in Django's admin: to look at, and to act on by the same moves as anywhere."""

from webhooks.admin import deliveries, webhooks  # noqa: F401  # each registers its pages
