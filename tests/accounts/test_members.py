"""Tenants and their members: admins say who belongs to their team, platform administrators which teams there are."""

from __future__ import annotations

import uuid

import pytest

from accounts import people
from accounts.audit import By
from accounts.models import AuditEntry, Membership, Role, Tenant
from ips.problems import Conflict
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MEMBERS, TENANTS, TASKS = "/api/v1/memberships/", "/api/v1/tenants/", "/api/v1/tasks/"


def of(username: str, tenant: str = "default") -> Membership:
    return Membership.objects.get(user__username=username, tenant__slug=tenant)


def test_an_admin_takes_somebody_in_who_then_sees_the_team(as_ada, as_nobody):
    assert as_nobody.get(TASKS).data["code"] == "no_membership"

    answer = as_ada.post(MEMBERS, {"username": "nobody", "role": "operator"})

    assert (answer.status_code, answer.data["tenant"], answer.data["role"]) == (201, "default", "operator")
    assert as_nobody.post(TASKS, {"images": ["a:1"], "all_nodes": True}).status_code == 202


def test_a_role_changes_at_the_next_request(as_ada, as_otto):
    assert as_ada.patch(f"{MEMBERS}{of('otto').pk}/", {"role": "viewer"}).status_code == 200
    assert as_otto.post(TASKS, {"images": ["a:1"], "all_nodes": True}).status_code == 403

    assert as_ada.delete(f"{MEMBERS}{of('otto').pk}/").status_code == 204
    assert as_otto.get(MEMBERS).status_code == 403


def test_nobody_changes_the_own_role_so_a_team_never_loses_its_last_admin(as_ada):
    own = f"{MEMBERS}{of('ada').pk}/"

    for answer in (as_ada.patch(own, {"role": "viewer"}), as_ada.delete(own)):
        assert (answer.status_code, answer.data["code"]) == (409, "own_account")


def test_of_two_admins_who_take_each_others_role_at_once_one_stays(as_ada):
    abe = person("abe", Role.ADMIN)
    people.change_role(of("ada"), Role.VIEWER, By(abe, "abe"))

    late = By(as_ada.user, "ada")  # was let in when she was admin still
    for move in (
        lambda: people.change_role(of("abe"), Role.VIEWER, late),
        lambda: people.leave(of("abe"), late),
        lambda: people.join(of("abe").tenant, person("friend"), Role.ADMIN, late),
    ):
        with pytest.raises(Conflict):
            move()

    assert of("abe").role == Role.ADMIN


def test_who_is_a_member_already_or_no_user_is_told(as_ada, as_otto):
    twice = as_ada.post(MEMBERS, {"username": "otto", "role": "admin"})
    unknown = as_ada.post(MEMBERS, {"username": "who", "role": "viewer"})
    nonsense = as_ada.post(MEMBERS, {"username": "otto", "role": "king"})

    assert (twice.status_code, twice.data["code"]) == (409, "already_member")
    assert (unknown.status_code, unknown.data["errors"][0]["pointer"]) == (422, "username")
    assert (nonsense.status_code, nonsense.data["errors"][0]["pointer"]) == (422, "role")
    assert of("otto").role == "operator"


def test_an_admin_sees_the_own_team_only_and_takes_nobody_into_another(as_ada, as_mallory):
    assert {row["username"] for row in as_ada.get(MEMBERS).data["results"]} == {"ada"}

    assert as_ada.post(MEMBERS, {"tenant": "rivals", "username": "ada", "role": "admin"}).status_code == 404
    assert as_ada.get(MEMBERS, {"tenant": "rivals"}).data["count"] == 0


def test_an_admin_here_who_only_looks_there_sees_no_members_there(as_ada, as_mallory):
    Membership.objects.create(user=as_ada.user, tenant=Tenant.objects.get(slug="rivals"), role="viewer")

    assert {row["tenant"] for row in as_ada.get(MEMBERS).data["results"]} == {"default"}
    assert as_ada.get(f"{MEMBERS}{of('mallory', 'rivals').pk}/").status_code == 403
    assert as_ada.delete(f"{MEMBERS}{of('mallory', 'rivals').pk}/").status_code == 403


def test_platform_administrators_make_and_change_teams(as_platform_admin, as_ada):
    made = as_platform_admin.post(TENANTS, {"slug": "gpu", "name": "GPU people", "max_priority": 7})
    assert (made.status_code, made.data["max_priority"]) == (201, 7)

    path = f"{TENANTS}{made.data['id']}/"
    assert as_platform_admin.patch(path, {"max_priority": 3}).data["max_priority"] == 3
    assert as_platform_admin.post(TENANTS, {"slug": "gpu"}).status_code == 422
    assert as_platform_admin.patch(path, {"max_priority": 11}).status_code == 422
    assert as_ada.patch(path, {"max_priority": 10}).status_code == 403
    assert as_ada.post(TENANTS, {"slug": "mine"}).status_code == 403
    actions = [entry.action for entry in AuditEntry.objects.filter(target="gpu").order_by("pk")]
    assert actions == ["tenant.created", "tenant.changed"]


def test_members_see_their_teams_and_no_others(as_vera, as_mallory, as_nobody):
    assert [tenant["slug"] for tenant in as_vera.get(TENANTS).data["results"]] == ["default"]
    rivals = Tenant.objects.get(slug="rivals").pk
    foreign, missing = as_vera.get(f"{TENANTS}{rivals}/"), as_vera.get(f"{TENANTS}{uuid.uuid4()}/")
    assert foreign.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    assert as_nobody.get(TENANTS).status_code == 403


def test_a_key_needs_the_scope_manage_to_change_members(as_ada, as_nobody):
    person("pat")
    made = {
        scope: as_ada.post("/api/v1/api-keys/", {"name": scope, "scopes": [scope]}).data["key"]
        for scope in ("tasks", "manage")
    }
    body = {"username": "pat", "role": "viewer"}

    as_nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {made['tasks']}")
    refused = as_nobody.post(MEMBERS, body)
    as_nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {made['manage']}")

    assert (refused.status_code, refused.data["code"]) == (403, "scope_too_small")
    assert as_nobody.post(MEMBERS, body).status_code == 201
