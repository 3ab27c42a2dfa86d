"""Who works with IPS: users, the teams (tenants) they belong to, in which role, and where they are signed in."""

from accounts.models.api_key import ApiKey, Scope
from accounts.models.audit_entry import AuditEntries, AuditEntry, Outcome
from accounts.models.idempotent_request import IdempotentRequest
from accounts.models.session import Session, SessionQuerySet
from accounts.models.sign_in import ResetLink, SignInAttempt
from accounts.models.tenant import Membership, Role, Tenant
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "AuditEntries",
    "AuditEntry",
    "IdempotentRequest",
    "Membership",
    "Outcome",
    "ResetLink",
    "Role",
    "Scope",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "Tenant",
    "User",
]
