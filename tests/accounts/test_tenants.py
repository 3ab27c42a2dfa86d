"""The tenant that everybody starts with."""

from __future__ import annotations

import pytest

from accounts.models import Tenant


@pytest.mark.django_db
@pytest.mark.databases
def test_a_new_installation_has_the_tenant_default():
    assert list(Tenant.objects.values_list("slug", flat=True)) == ["default"]
