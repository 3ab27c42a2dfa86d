"""What IPS does, in Django's admin: to look at, and to act on by the same moves as anywhere."""

from prewarm.admin import cluster, policies, records, results, settings, tasks  # noqa: F401  # each registers its pages
