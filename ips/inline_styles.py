"""The hashes of the few style sheets that pages of our libraries carry inside, so that no others need be allowed."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from django.template import Engine, TemplateDoesNotExist

TEMPLATES = (
    "django_rq/clear_failed_queue.html",
    "django_rq/clear_queue.html",
    "django_rq/delete_job.html",
    "django_rq/requeue_all.html",
    "django_rq/result_detail.html",
    "django_rq/stats.html",
    "django_rq/worker_details.html",
    "drf_spectacular/swagger_ui.html",
)
STYLE = re.compile(r"<style>([^<]*)</style>")


@cache
def inline_style_hashes() -> tuple[str, ...]:
    """As a content security policy writes them. A library that changes its page only looks plainer."""
    found = {style for name in TEMPLATES for style in STYLE.findall(_source(name))}
    as_they_are = [style for style in found if "{{" not in style and "{%" not in style]
    return tuple(sorted(f"'sha256-{sha256(style)}'" for style in as_they_are))


def sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _source(name: str) -> str:
    try:
        return Engine.get_default().get_template(name).source
    except TemplateDoesNotExist:
        return ""
