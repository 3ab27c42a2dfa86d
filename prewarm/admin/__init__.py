from prewarm.admin import (  # noqa: F401  # each registers its pages
    cluster,
    policies,
    records,
    results,
    schedules,
    settings,
    tasks,
)
