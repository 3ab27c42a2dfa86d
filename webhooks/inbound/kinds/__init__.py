"""The kinds of registries, each in a file of its own."""

from webhooks.inbound.kinds.distribution import Distribution
from webhooks.inbound.kinds.harbor import Harbor
from webhooks.inbound.kinds.kind import Kind, NotUnderstood, Told
from webhooks.models import RegistryKind

KINDS: dict[str, Kind] = {
    RegistryKind.DISTRIBUTION: Distribution(),
    RegistryKind.HARBOR: Harbor(),
}

__all__ = ["KINDS", "Kind", "NotUnderstood", "Told"]
