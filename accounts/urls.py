"""Routes of who you are: sign-in, sessions, password."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
