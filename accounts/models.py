"""Who works with IPS: users, the teams (tenants) they belong to, in which role, and where they are signed in."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

SEEN_EVERY = timedelta(minutes=1)


class Users(UserManager["User"]):
    use_in_migrations = False

    def create_superuser(self, username: str, *args: Any, **fields: Any) -> User:
        return super().create_superuser(username, *args, **{**fields, "is_platform_admin": True})


class User(AbstractUser):
    """A person or a program that signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_platform_admin = models.BooleanField(default=False, help_text="May do everything in every tenant.")

    objects: ClassVar[Users] = Users()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A new password ends all sessions and reset links; platform administrators may use the admin site."""
        has_new_password = getattr(self, "_password", None) is not None  # Django keeps it until it is saved
        self.is_staff = self.is_superuser = self.is_platform_admin
        super().save(*args, **kwargs)
        if has_new_password:
            self.sessions.filter(ended_at=None).update(ended_at=timezone.now())
            self.reset_links.filter(used_at=None).delete()


class Tenant(models.Model):
    """A team: what it may use, and all that it owns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=100)
    max_priority = models.PositiveSmallIntegerField(
        default=10,
        db_default=10,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="The highest priority its tasks may have, 1 to 10.",
    )
    max_running_tasks = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tasks at once that are not over; empty for no limit."
    )
    max_nodes_at_once = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Nodes that its tasks pull on at once; empty for what the settings say of all tenants.",
    )
    max_pairs_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Images × nodes that it may ask for in a day (UTC); empty for no limit."
    )
    max_api_keys = models.PositiveIntegerField(
        null=True, blank=True, help_text="API keys that are good at once; empty for 50."
    )
    max_webhooks = models.PositiveIntegerField(null=True, blank=True, help_text="Webhooks; empty for 20.")
    node_pool = models.CharField(
        max_length=2048,
        blank=True,
        default="",
        db_default="",
        help_text="A label selector of the nodes that it may use; empty for all nodes.",
    )
    allowed_images = models.JSONField(
        null=True, blank=True, help_text="Patterns of the images that it may pull; empty for all."
    )
    denied_images = models.JSONField(
        null=True, blank=True, help_text="Patterns of the images that it may not pull, whatever is allowed."
    )
    pull_secrets = models.JSONField(
        null=True, blank=True, help_text="The pull secrets that its tasks may name; empty for any."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    """What a member may do in a tenant, least first."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def or_more(self) -> frozenset[Role]:
        """This role and those that may do more."""
        return frozenset(list(Role)[list(Role).index(self) :])


class Membership(models.Model):
    """A user's role in one tenant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_role_per_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} of {self.tenant}"


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self) -> SessionQuerySet:
        """Sessions that still open a door: not ended, not expired, of a user who is active."""
        return self.filter(ended_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def end(self) -> int:
        """Sign these out. Their tokens are refused from the next request on."""
        return self.filter(ended_at=None).update(ended_at=timezone.now())


class Session(models.Model):
    """One sign-in. A token names its session, and is worth nothing once the session has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    def seen(self) -> None:
        """Note that the session is in use: one write a minute, however many requests and processes there are."""
        now = timezone.now()
        if self.last_seen_at > now - SEEN_EVERY:
            return
        Session.objects.filter(pk=self.pk, last_seen_at__lte=now - SEEN_EVERY).update(last_seen_at=now)
        self.last_seen_at = now


class Scope(models.TextChoices):
    """What an API key opens of its owner's rights, least first. Reading is in all of them."""

    READ = "read"
    TASKS = "tasks"
    MANAGE = "manage"


class ApiKey(models.Model):
    """What a program signs in with: bound to one tenant, and at most its owner's rights there.

    The secret itself is shown once and kept as a bcrypt hash; `key_id` is the part of it that rows are found by.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_id = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=60, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list, help_text="CIDRs that it may be used from; empty means anywhere.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    replaced_by = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="replaces")

    def __str__(self) -> str:
        return f"{self.name} (ips_{self.key_id}_…{self.last_four})"

    def used(self, address: str | None) -> None:
        """Note that the key is in use: one write a minute, however many requests and processes there are."""
        now = timezone.now()
        if self.last_used_at and self.last_used_at > now - SEEN_EVERY:
            return
        not_lately = models.Q(last_used_at=None) | models.Q(last_used_at__lte=now - SEEN_EVERY)
        ApiKey.objects.filter(not_lately, pk=self.pk).update(last_used_at=now, last_used_ip=address)


class ResetLink(models.Model):
    """A link that lets somebody set the own password once. Only the hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reset_links")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"reset link of {self.user}, until {self.expires_at:%Y-%m-%d %H:%M}"


class SignInAttempt(models.Model):
    """A sign-in that is being tried or has failed. Counted to slow down who guesses passwords; kept for an hour."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    username = models.CharField(max_length=150)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["username", "at"], name="attempts_of_a_name"),
            models.Index(fields=["ip", "at"], name="attempts_from_an_address"),
        ]

    def __str__(self) -> str:
        return f"{self.username} from {self.ip} at {self.at:%Y-%m-%d %H:%M:%S}"


class AuditEntries(models.QuerySet["AuditEntry"]):
    """Lines of the audit are written and read. Nothing changes them, and only age takes them away."""

    def update(self, **_: Any) -> int:
        raise TypeError("The audit is not changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit loses only what is too old: forget().")

    def forget(self) -> int:
        """Delete these lines for good; how many."""
        return super().delete()[0]


class Outcome(models.TextChoices):
    """How it ended what somebody wanted to do."""

    DONE = "done"
    REFUSED = "refused"


class AuditEntry(models.Model):
    """Who changed what, or was refused. `actor` outlives the account; `before` and `after` hold what is different."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=160)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=64, help_text="A thing and a verb, like settings.changed.")
    target = models.CharField(max_length=200, help_text="What was changed, by its name or id.")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE, db_default=Outcome.DONE)
    code = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the problem, if it was refused.")
    ip = models.GenericIPAddressField(null=True)
    credential = models.CharField(max_length=60, blank=True, db_default="", help_text="The session or API key.")

    objects = AuditEntries.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["tenant", "-id"], name="audit_by_tenant"),
            models.Index(fields=["target"], name="audit_by_target"),
            models.Index(fields=["request_id"], name="audit_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit loses only what is too old.")


class IdempotentRequest(models.Model):
    """A request whose client may ask again (accounts.idempotency), and its answer as soon as there is one."""

    caller = models.CharField(max_length=50, help_text="The credential that the key is of: `user <id>`, `key <id>`.")
    key = models.CharField(max_length=128)
    asked = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    token = models.UUIDField(default=uuid.uuid4, help_text="Who works on it now.")
    claimed_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    location = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_request_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
