"""`ETag`: nothing is sent twice, and nobody overwrites or deletes what they have not seen."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from rest_framework.generics import GenericAPIView
from rest_framework.test import APIClient

from accounts.models import Membership, Role, Tenant
from prewarm.models import ImageList
from tests.conftest import signed_in
from tests.people import person
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def tenant(db: None) -> str:
    return f"/api/v1/tenants/{Tenant.objects.get(slug='default').pk}/"


def test_who_has_it_already_is_not_sent_it_again(as_platform_admin: APIClient, tenant: str) -> None:
    first = as_platform_admin.get(tenant)
    again = as_platform_admin.get(tenant, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert as_platform_admin.patch(tenant, {"name": "Payments"}).status_code == 200
    assert as_platform_admin.get(tenant, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("path", ["tasks/{task}/", "users/{user}/", "memberships/{member}/"])
def test_every_single_thing_has_a_tag(as_platform_admin: APIClient, path: str) -> None:
    otto = person("otto", Role.OPERATOR)
    url = "/api/v1/" + path.format(task=asked().pk, user=otto.pk, member=otto.memberships.get().pk)
    tag = as_platform_admin.get(url)["ETag"]
    assert as_platform_admin.get(url, headers={"If-None-Match": tag}).status_code == 304


def test_a_change_needs_what_was_read_last_if_it_says_what_that_was(as_platform_admin: APIClient, tenant: str) -> None:
    read = as_platform_admin.get(tenant)["ETag"]
    changed = as_platform_admin.patch(tenant, {"name": "Payments"}, headers={"If-Match": read})
    late = as_platform_admin.patch(tenant, {"name": "Mine"}, headers={"If-Match": read})

    assert (changed.status_code, late.status_code, late.json()["code"]) == (200, 412, "changed_meanwhile")
    assert Tenant.objects.get(slug="default").name == "Payments"
    assert changed["ETag"] == as_platform_admin.get(tenant)["ETag"] != read
    for header in ({}, {"If-Match": "*"}, {"If-Match": changed["ETag"]}):
        assert as_platform_admin.patch(tenant, {"name": "Payments"}, headers=header).status_code == 200


def test_what_has_changed_is_not_deleted_unseen(as_platform_admin: APIClient) -> None:
    member = person("otto", Role.OPERATOR).memberships.get()
    url = f"/api/v1/memberships/{member.pk}/"
    read = as_platform_admin.get(url)["ETag"]
    as_platform_admin.patch(url, {"role": "viewer"})

    assert as_platform_admin.delete(url, headers={"If-Match": read}).status_code == 412
    assert Membership.objects.filter(pk=member.pk).exists()
    read = as_platform_admin.get(url)["ETag"]
    assert as_platform_admin.delete(url, headers={"If-Match": read}).status_code == 204


def test_what_one_may_not_see_is_missing_whatever_the_tag(as_mallory: APIClient, as_ada: APIClient) -> None:
    member = person("otto", Role.OPERATOR).memberships.get()
    for tag in ('"x"', "*"):
        answer = as_mallory.patch(f"/api/v1/memberships/{member.pk}/", {"role": "viewer"}, headers={"If-Match": tag})
        assert answer.status_code == 404


def test_what_is_deleted_just_before_a_change_is_missing(as_ada: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = as_ada.post("/api/v1/image-lists/", {"name": "Base", "images": ["nginx:1"]}).data
    url = f"/api/v1/image-lists/{kept['id']}/"
    read = as_ada.get(url)["ETag"]
    look = GenericAPIView.get_object

    def and_then_somebody_deletes_it(view: GenericAPIView[ImageList]) -> ImageList:
        found = look(view)
        ImageList.objects.filter(pk=found.pk).delete()
        return found

    for headers in ({}, {"If-Match": read}):
        with transaction.atomic(), monkeypatch.context() as patch:
            patch.setattr(GenericAPIView, "get_object", and_then_somebody_deletes_it)
            assert as_ada.patch(url, {"name": "New"}, headers=headers).status_code == 404
            transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_that_read_the_same_one_is_refused(tenant: str) -> None:
    clients = [signed_in(person(name, platform_admin=True)) for name in ("one", "two")]
    read = clients[0].get(tenant)["ETag"]
    start, codes = Barrier(2), []

    def change(client: APIClient) -> None:
        start.wait()
        try:
            wish = {"name": f"of {client.user}"}
            codes.append(client.patch(tenant, wish, headers={"If-Match": read}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=change, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(codes) == [200, 412]
