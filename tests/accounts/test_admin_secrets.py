"""No page of the admin shows a secret, its hash, or a part of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.api_keys import make_key
from accounts.audit import By
from accounts.models import IdempotentRequest, ResetLink, Role, Tenant
from accounts.reset_links import make_link
from tests.people import person

pytestmark = pytest.mark.django_db


def everything_shown(browser: Client) -> str:
    """The lists of all models, and the page of every row that there is."""
    shown = [browser.get("/admin/").content.decode()]
    for model in admin.site._registry:
        if model._meta.app_label == "django_rq":
            continue  # its pages are of Redis
        at = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        shown.append(browser.get(reverse(f"{at}_changelist")).content.decode())
        for row in model._default_manager.all():
            page = browser.get(reverse(f"{at}_change", args=[row.pk]))
            assert page.status_code == 200, page
            shown.append(page.content.decode())
    return "\n".join(shown)


def test_what_opens_a_door_is_on_no_page(administrator):
    ada = person("ada", Role.ADMIN)
    by = By(ada, "ada")
    key, text = make_key(ada, Tenant.objects.get(slug="default"), "deploy", by)
    _, path = make_link(ada, by)
    answer = IdempotentRequest.objects.create(
        caller=f"user {ada.pk}", key="k", asked="f" * 64, claimed_at=timezone.now() - timedelta(1), body="the-answer"
    )

    page = everything_shown(administrator)

    assert "deploy" in page and key.key_id in page  # the pages are really there
    secrets = {
        "a key": text.rpartition("_")[2],
        "the hash of a key": key.secret_hash,
        "a reset link": path.partition("#")[2],
        "the hash of a reset link": ResetLink.objects.get().secret_hash,
        "the hash of a password": ada.password,
        "an answer to somebody else": answer.body,
        "the token of a request": str(answer.token),
        "the secret key": settings.SECRET_KEY,
        "the key of tokens": settings.JWT_KEY,
        "the cookie of the session": administrator.cookies["ips_session"].value,
    }
    assert {name for name, secret in secrets.items() if secret in page} == set()


def test_of_a_password_it_is_said_only_whether_there_is_one(administrator):
    ada = person("ada", Role.ADMIN)
    page = administrator.get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()
    ada.set_unusable_password()
    ada.save()
    without = administrator.get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()

    assert "<strong>Set.</strong>" in page and "No password set." in without
    for word in ("algorithm", "salt", "hash", "***"):
        assert word not in page.partition("Reset password")[0].partition('id="id_password"')[2]
