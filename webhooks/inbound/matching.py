"""Which rules a push is for: patterns of repositories and tags, in the words of `prewarm.image_patterns`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from prewarm import image_patterns, references
from prewarm.image_patterns import InvalidPattern, Pattern
from prewarm.references import InvalidReference, Reference
from webhooks.inbound.kinds import Told
from webhooks.models import HookRule, RegistryHook

ANY_REGISTRY = "*"


@lru_cache(maxsize=4096)
def pattern_of(repositories: str, tags: str) -> Pattern:
    """Raises InvalidPattern. A repository is named without its registry: the hook is of one."""
    if ":" in repositories:
        raise InvalidPattern("Write the repository without registry and tag, like team/app, team/* or team/**.")
    return image_patterns.parse(f"{ANY_REGISTRY}/{repositories}:{tags}")


def image_of(hook: RegistryHook, told: Told) -> str:
    """The image as workloads write it. Raises InvalidReference for a name that is none."""
    image = f"{hook.registry or told.host}/{told.repository}:{told.tag}"
    read = references.parse(image)
    if read.tag != told.tag or read.digest:
        raise InvalidReference(f"{told.tag[:40]!r} is no tag.")
    if read.path != told.repository and read.path != f"library/{told.repository}":
        raise InvalidReference(f"{image[:80]!r} does not begin with a registry. Say which: the hook's `registry`.")
    return image


def is_for(rule: HookRule, told: Told) -> bool:
    return pattern_of(rule.repositories, rule.tags).matches(
        Reference("registry.invalid", told.repository, told.tag, "")
    )


def rules_for(rules: Iterable[HookRule], told: Told) -> list[HookRule]:
    return [rule for rule in rules if rule.enabled and is_for(rule, told)]
