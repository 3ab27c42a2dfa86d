"""Django's admin: the same sign-in, the same sessions, platform administrators only."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import ForeignObjectRel
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from accounts.admin import people as people_pages
from accounts.admin import tenants as tenant_pages
from accounts.admin_site import NOT_SHOWN
from accounts.audit import By
from accounts.models import ApiKey, AuditEntry, Membership, Role, Session, Tenant, User
from prewarm.models import ImageList, Limit, PairsOfDay, Task
from tests.accounts.matrix.things import thing_of
from tests.people import PASSWORD, person
from webhooks.models import Webhook

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def test_a_stranger_is_sent_to_the_sign_in_and_from_there_to_the_page():
    person("root", platform_admin=True)
    client = Client()

    sent = client.get("/admin/accounts/user/")
    back = client.post(sent["Location"], {"username": "root", "password": PASSWORD})

    assert sent["Location"] == "/admin/login/?next=/admin/accounts/user/"
    assert back["Location"] == "/admin/accounts/user/"
    assert client.get("/admin/accounts/user/").status_code == 200


def test_signing_in_here_signs_in_to_the_api_too(administrator):
    api = APIClient()
    api.cookies = administrator.cookies

    assert api.get("/api/v1/auth/me/").data["username"] == "root"


def test_signing_in_to_the_api_signs_in_here_too():
    person("root", platform_admin=True)
    api = APIClient()
    api.post("/api/v1/auth/login/", {"username": "root", "password": PASSWORD, "cookie": True})
    client = Client()
    client.cookies = api.cookies

    assert client.get("/admin/").status_code == 200


def test_a_session_that_ends_ends_here_at_the_next_click(administrator):
    assert administrator.get("/admin/").status_code == 200

    Session.objects.all().end()

    assert administrator.get("/admin/").status_code == 302


def test_signing_out_ends_the_session(administrator):
    administrator.post("/admin/logout/")

    assert not Session.objects.alive().exists()
    assert administrator.get("/admin/").status_code == 302
    assert AuditEntry.objects.get(action="session.ended").actor == "root"


def test_who_is_no_platform_administrator_stays_outside():
    person("ada", Role.ADMIN)
    client = Client()

    answer = client.post(LOGIN, {"username": "ada", "password": PASSWORD})

    assert answer.status_code == 200
    assert not Session.objects.exists()
    assert client.get("/admin/").status_code == 302


def test_guessing_here_is_slowed_down_like_anywhere():
    person("root", platform_admin=True)
    client = Client()
    for _ in range(5):
        client.post(LOGIN, {"username": "root", "password": "wrong"})

    answer = client.post(LOGIN, {"username": "root", "password": PASSWORD})

    assert b"Too many attempts" in answer.content


def test_another_sites_form_cannot_sign_anybody_in():
    person("root", platform_admin=True)

    answer = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "root", "password": PASSWORD})

    assert answer.status_code == 403


def test_a_new_password_set_by_an_administrator_signs_the_user_out(administrator):
    otto = person("otto", Role.OPERATOR)
    session = Session.objects.create(user=otto, expires_at=Session.objects.get().expires_at)

    new = "a longer wire with no staple"
    administrator.post(f"/admin/accounts/user/{otto.pk}/password/", {"password1": new, "password2": new})

    session.refresh_from_db()
    assert session.ended_at is not None
    otto.refresh_from_db()
    assert otto.check_password(new)


def test_what_is_changed_here_is_in_the_audit_too(administrator):
    otto = person("otto", Role.OPERATOR)
    new = "a longer wire with no staple"
    administrator.post(f"/admin/accounts/user/{otto.pk}/password/", {"password1": new, "password2": new})
    page = f"/admin/accounts/user/{otto.pk}/change/"
    administrator.post(page, form_of(administrator, page) | {"is_platform_admin": "on", "memberships-0-role": "admin"})
    administrator.post("/admin/accounts/tenant/add/", {"slug": "new", "name": "New", "max_priority": "3"})

    otto.refresh_from_db()
    assert otto.is_platform_admin and otto.memberships.get().role == Role.ADMIN
    password, rights, tenant = AuditEntry.objects.exclude(action__startswith="session").order_by("id")
    assert {entry.actor for entry in (password, rights, tenant)} == {"root"}
    assert [(entry.action, entry.target) for entry in (password, rights, tenant)] == [
        ("user.changed", "otto"),
        ("user.changed", "otto"),
        ("tenant.created", "new"),
    ]
    assert "Is platform admin" in str(rights.after) and "otto admin of default" in str(rights.after)
    assert new not in str(list(AuditEntry.objects.values()))


def test_the_audit_tells_whether_a_right_was_given_or_taken(administrator):
    otto = person("otto", Role.OPERATOR)
    page = f"/admin/accounts/user/{otto.pk}/change/"
    administrator.post(page, form_of(administrator, page) | {"is_platform_admin": "on"})
    given = form_of(administrator, page)
    administrator.post(page, {name: value for name, value in given.items() if name != "is_platform_admin"})

    told = AuditEntry.objects.filter(action="user.changed").order_by("id").values_list("after", flat=True)
    assert [entry["admin"][-1] for entry in told] == [
        {"rights": {"is_platform_admin": True}},
        {"rights": {"is_platform_admin": False}},
    ]
    assert administrator.get(f"/admin/accounts/user/{otto.pk}/history/").status_code == 200


def test_nobody_takes_or_gives_the_own_rights_here_either_and_users_are_not_deleted(administrator):
    root, otto = person("root"), person("otto", Role.OPERATOR)
    page = f"/admin/accounts/user/{root.pk}/change/"
    wish = {name: value for name, value in form_of(administrator, page).items() if not name.startswith("is_")}

    assert administrator.post(page, wish).status_code == 302
    for user in (root, otto):
        assert administrator.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403

    root.refresh_from_db()
    assert root.is_active and root.is_platform_admin


def test_who_is_disabled_here_is_signed_out_for_good(administrator):
    otto = person("otto", Role.OPERATOR)
    session = Session.objects.create(user=otto, expires_at=Session.objects.get().expires_at)
    page = f"/admin/accounts/user/{otto.pk}/change/"
    wish = form_of(administrator, page)
    wish.pop("is_active")

    administrator.post(page, wish)

    session.refresh_from_db()
    assert session.ended_at is not None
    assert not AuditEntry.objects.exclude(action="session.opened").exclude(credential__startswith="session").exists()


def post_without(browser: Client, page: str, *fields: str) -> HttpResponse:
    """Send the form of the page back with these boxes not ticked; what is answered."""
    wish = {name: value for name, value in form_of(browser, page).items() if name not in fields}
    answer: HttpResponse = browser.post(page, wish)
    return answer


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("right", ["is_active", "is_platform_admin"])
def test_two_platform_administrators_cannot_take_each_others_rights_at_once_here_either(right):
    browsers = {}
    for name in ("one", "two"):
        person(name, platform_admin=True)
        browsers[name] = Client()
        browsers[name].post(LOGIN, {"username": name, "password": PASSWORD})
    pages = {
        name: f"/admin/accounts/user/{person(other).pk}/change/" for name, other in (("one", "two"), ("two", "one"))
    }
    wishes = {name: form_of(browsers[name], page) for name, page in pages.items()}
    start, answers = Barrier(2), []

    def take(name: str) -> None:
        wishes[name].pop(right)
        start.wait()
        try:
            answers.append(browsers[name].post(pages[name], wishes[name]).status_code)
        finally:
            connection.close()

    threads = [Thread(target=take, args=(name,)) for name in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(answers) == 2
    assert User.objects.filter(is_active=True, is_platform_admin=True).count() == 1


def test_who_lost_the_own_rights_meanwhile_takes_nobody_elses(administrator, monkeypatch):
    """The request began while they were there; before it is written, somebody takes them."""
    second = person("second", platform_admin=True)
    page = f"/admin/accounts/user/{second.pk}/change/"
    really = people_pages.one_at_a_time

    def too_late() -> None:
        User.objects.filter(username="root").update(is_platform_admin=False)
        really()

    monkeypatch.setattr(people_pages, "one_at_a_time", too_late)
    answer = post_without(administrator, page, "is_platform_admin")

    assert b"Somebody has changed your own rights just now" in answer.content
    second.refresh_from_db()
    assert second.is_platform_admin


def test_a_tenant_that_something_belongs_to_stays(administrator):
    """Whatever it is: every table that names tenants is tried."""
    Tenant.objects.create(slug="used", name="Used")
    for route in ("task-detail", "webhook-detail", "image-list-detail", "api-key-detail", "membership-detail"):
        thing = thing_of(route)(person("otto"), "used")
        page = f"/admin/accounts/tenant/{Tenant.objects.get(slug='used').pk}/"

        assert administrator.post(f"{page}delete/", {"post": "yes"}).status_code == 403, route
        assert "deletelink" not in administrator.get(f"{page}change/").content.decode()

        thing.delete()
        Membership.objects.filter(tenant__slug="used").delete()
    tables = {relation.related_model for relation in Tenant._meta.get_fields(include_hidden=True) if one_of(relation)}
    assert {Task, Webhook, ImageList, ApiKey, Membership, PairsOfDay, AuditEntry} <= tables


def one_of(relation: object) -> bool:
    return isinstance(relation, ForeignObjectRel)


def test_many_tenants_are_not_deleted_at_once_and_never_the_one_that_is_meant_where_none_is_named(administrator):
    Tenant.objects.create(slug="empty", name="Empty")
    chosen = [str(pk) for pk in Tenant.objects.values_list("pk", flat=True)]

    administrator.post(
        "/admin/accounts/tenant/", {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    )
    default = Tenant.objects.get(slug="default")
    administrator.post(f"/admin/accounts/tenant/{default.pk}/delete/", {"post": "yes"})

    assert set(Tenant.objects.values_list("slug", flat=True)) == {"default", "empty"}


def test_a_tenant_of_which_nobody_made_use_goes_and_its_lines_of_the_audit_stay(administrator):
    administrator.post("/admin/accounts/tenant/add/", {"slug": "typo", "name": "Typo", "max_priority": "3"})
    typo = Tenant.objects.get(slug="typo")

    administrator.post(f"/admin/accounts/tenant/{typo.pk}/delete/", {"post": "yes"})

    assert not Tenant.objects.filter(slug="typo").exists()
    told = AuditEntry.objects.filter(action__startswith="tenant.").order_by("id")
    assert list(told.values_list("action", "target")) == [("tenant.created", "typo"), ("tenant.deleted", "typo")]


@pytest.mark.django_db(transaction=True)
def test_what_is_made_in_a_tenant_while_it_goes_is_not_taken_along(monkeypatch):
    """It was empty when the page was asked for; somebody joins before it is deleted."""
    person("root", platform_admin=True)
    browser = Client()
    browser.post(LOGIN, {"username": "root", "password": PASSWORD})
    empty = Tenant.objects.create(slug="empty", name="Empty")
    really = tenant_pages.delete_tenant

    def late(tenant: Tenant, by: By) -> None:
        person("otto", Role.ADMIN, "empty")
        really(tenant, by)

    monkeypatch.setattr(tenant_pages, "delete_tenant", late)

    assert browser.post(f"/admin/accounts/tenant/{empty.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Tenant.objects.filter(slug="empty").exists()


def form_of(browser: Client, page: str) -> dict[str, str]:
    """What a browser would send back unchanged."""
    answer = browser.get(page)
    forms = [
        answer.context["adminform"].form,
        *(one.formset.management_form for one in answer.context["inline_admin_formsets"]),
    ]
    forms += [form for one in answer.context["inline_admin_formsets"] for form in one.formset.initial_forms]
    found = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False:
                found[bound.html_name] = "on" if value is True else str(value)
    return found


def test_every_model_has_pages_or_a_reason_to_have_none(administrator):
    administrator.get("/admin/")
    without = {model._meta.label for model in apps.get_models()} - {one._meta.label for one in admin.site._registry}

    assert without == NOT_SHOWN.keys()


def test_its_pages_open(administrator):
    administrator.get("/admin/")
    models = [model._meta for model in admin.site._registry if model._meta.app_label != "django_rq"]

    assert {"user", "session", "auditentry", "task", "node", "limit", "setting"} <= {
        model.model_name for model in models
    }
    for model in models:
        page = f"/admin/{model.app_label}/{model.model_name}/"
        assert administrator.get(page).status_code == 200, page
        assert administrator.get(page, {"q": "x"}, follow=True).status_code == 200, page


def test_what_the_executor_keeps_can_be_looked_at_but_not_changed(administrator, default_limit):
    assert administrator.get("/admin/prewarm/task/add/").status_code == 403
    assert administrator.get("/admin/prewarm/limit/add/").status_code == 403

    administrator.post(f"/admin/prewarm/limit/{default_limit.pk}/change/", {"cap": 7, "used": 3, "name": "x"})

    default_limit.refresh_from_db()
    assert (default_limit.name, default_limit.cap, default_limit.used) == ("test", 5, 0)


@pytest.fixture
def default_limit() -> Limit:
    return Limit.objects.create(name="test", cap=5)


def test_the_queue_pages_are_linked_and_for_platform_administrators(administrator, valkey):
    assert b'href="/admin/django_rq/dashboard/"' in administrator.get("/admin/").content
    assert administrator.get("/admin/django_rq/dashboard/").status_code == 200
    assert Client().get("/admin/django_rq/dashboard/").status_code == 302


def test_who_empties_a_queue_is_in_the_audit_and_who_only_asks_is_not(administrator, valkey):
    page = "/admin/django_rq/dashboard/queues/0/empty/"

    asks = administrator.post(
        "/admin/django_rq/dashboard/queues/confirm-action/0/", {"action": "delete", "_selected_action": ["gone"]}
    )

    assert administrator.get(page).status_code == asks.status_code == 200
    assert not AuditEntry.objects.filter(action="queue.changed").exists()
    assert administrator.post(page).status_code == 302

    entry = AuditEntry.objects.get(action="queue.changed")
    assert (entry.actor, entry.target) == ("root", page)


def test_staff_who_are_no_platform_administrators_any_more_are_out(administrator):
    User.objects.filter(username="root").update(is_platform_admin=False)  # Django's own columns are as they were

    assert administrator.get("/admin/").status_code == 302


def test_a_banner_says_on_every_page_which_installation_this_is(administrator, settings, valkey):
    settings.ENVIRONMENT_NAME, settings.ENVIRONMENT_COLOR = "production <eu>", "red"

    pages = ["/admin/", "/admin/prewarm/task/", "/admin/django_rq/dashboard/"]
    shown = [administrator.get(page).content.decode() for page in pages]
    shown.append(Client().get(LOGIN).content.decode())

    for page in shown:
        assert '<div class="environment environment-red" role="note">production &lt;eu&gt;</div>' in page


def test_a_simulated_cluster_is_named_where_nobody_chose_a_banner(administrator, settings):
    settings.ENVIRONMENT_NAME, settings.CLUSTER = "", "simulated"
    assert "simulated cluster" in administrator.get("/admin/").content.decode()

    settings.CLUSTER = "kubeconfig"
    assert 'role="note"' not in administrator.get("/admin/").content.decode()
