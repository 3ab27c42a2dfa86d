"""Which IPS this is: baked in at build time, or asked of git in a checkout."""

from __future__ import annotations

import subprocess
from functools import cache

from django.conf import settings


@cache
def version() -> str:
    """`IPS_VERSION`, else `git describe`, else 0.0.0 (a copy without git)."""
    if settings.VERSION:
        return str(settings.VERSION)
    try:
        described = subprocess.run(
            ["git", "describe", "--tags", "--always", "--dirty"],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "0.0.0"
    return described.stdout.strip()
