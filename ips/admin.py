"""The pages of the queues (django-rq) in the admin: for platform administrators, and audited."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

from accounts.admin.pages import asked_here

admin.site.unregister(Dashboard)  # by which it is registered as soon as the line above loads it


@admin.register(Dashboard)
class QueuePages(QueueAdmin):
    """Queues are doorbells: emptying one loses time, never work. All the same it is told who did."""

    def get_urls(self) -> list[URLPattern]:
        patterns: list[URLPattern] = super().get_urls()
        for pattern in patterns:
            pattern.callback = self._audited(pattern.callback)
        return patterns

    def _audited(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            # What was done is answered by a way back; a question whether to do it, and a refusal, are not.
            if request.method == "POST" and response.status_code == 302 and self.admin_site.has_permission(request):
                jobs = request.POST.getlist("job_ids")
                after = {"action": request.POST.get("action", ""), "jobs": jobs[:100]} if jobs else None
                asked_here(request).audit("queue.changed", request.path, after=after)
            return response

        return answered
