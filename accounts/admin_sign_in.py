"""The sign-in page of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse

from accounts.credentials import give_cookie
from accounts.models import User
from accounts.sign_in import check_credentials, open_session
from ips.problems import Problem


class AdminSignInForm(AdminAuthenticationForm):
    """Django's form, whose look-up is ours."""

    user_cache: User | None

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name and password and self.request:
            try:
                self.user_cache = check_credentials(self.request, name, password)
            except Problem as problem:
                raise ValidationError(str(problem.detail), code=problem.code) from problem
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class AdminSignInView(LoginView):
    template_name = "admin/login.html"
    authentication_form = AdminSignInForm

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def form_valid(self, form: Form) -> HttpResponse:
        assert isinstance(form, AdminSignInForm) and form.user_cache is not None
        try:
            session = open_session(self.request, form.user_cache)
        except Problem as problem:
            form.add_error(None, str(problem.detail))
            return self.form_invalid(form)
        response = HttpResponseRedirect(self.get_success_url())
        give_cookie(response, session)
        rotate_token(self.request)
        return response
