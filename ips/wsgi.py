"""What the web server runs."""

from __future__ import annotations

import os
from collections.abc import Callable

from django.core.wsgi import get_wsgi_application


def _application() -> Callable[..., object]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ips.settings")
    application = get_wsgi_application()
    # A web server runs no system checks by itself, and a weak key must stop this start too.
    from accounts.checks import refuse_to_serve

    refuse_to_serve()
    return application


application = _application()
