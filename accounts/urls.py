"""Routes of who you are: sign-in, sign-out, password, sessions; and of who changed what."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts import views
from accounts.audit_views import AuditViewSet
from accounts.key_views import ApiKeyViewSet
from accounts.tenant_views import MembershipViewSet, TenantViewSet
from accounts.user_views import UserViewSet

router = SimpleRouter()
router.register("auth/sessions", views.SessionViewSet, basename="session")
router.register("api-keys", ApiKeyViewSet, basename="api-key")
router.register("users", UserViewSet, basename="user")
router.register("tenants", TenantViewSet, basename="tenant")
router.register("memberships", MembershipViewSet, basename="membership")
router.register("audit", AuditViewSet, basename="audit")

urlpatterns = [
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/me/", views.MeView.as_view(), name="me"),
    path("auth/password/", views.PasswordView.as_view(), name="password"),
    path("auth/reset-password/", views.ResetPasswordView.as_view(), name="reset-password"),
    path("", include(router.urls)),
]
