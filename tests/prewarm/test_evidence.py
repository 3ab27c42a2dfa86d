"""What a node's own list of images proves."""

from __future__ import annotations

import pytest

from prewarm.evidence import MOST_LISTED, Presence, presence, proven_present, stored_names
from prewarm.models import Node

HERE, ABSENT, UNKNOWN = Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN
MEGABYTE = 1_000_000

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def node_with(*names: str, ready: bool = True) -> Node:
    """A node whose list has one image, of these names."""
    return Node(name="n1", ready=ready, images=[[78 * MEGABYTE, list(names)]] if names else [])


def full_list(*, smallest: int) -> Node:
    """A node that lists as many images as a kubelet ever does, the smallest of so many bytes."""
    sizes = [smallest + n * MEGABYTE for n in range(MOST_LISTED)]
    return Node(
        name="n1", ready=True, images=[[size, [f"docker.io/library/app{size}:1"]] for size in sorted(sizes)[::-1]]
    )


PRESENT = [
    ("nginx", "docker.io/library/nginx:latest"),
    ("nginx:1.27", "docker.io/library/nginx:1.27"),
    ("docker.io/nginx:1.27", "docker.io/library/nginx:1.27"),
    ("index.docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27"),
    ("team/app:1", "docker.io/team/app:1"),
    ("quay.io/team/app:1", "quay.io/team/app:1"),
    (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
    (f"nginx:1.27@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
    ("127.0.0.1:5000/a/x:1", "127.0.0.1:5000/a/x:1"),
]

NOT_PROVEN = [
    ("nginx:1.2", "docker.io/library/nginx:1.21"),
    ("nginx:1.21", "docker.io/library/nginx:1.2"),
    ("nginx", "docker.io/library/nginx:1.27"),
    ("nginx:1.27", f"docker.io/library/nginx@{DIGEST}"),
    (f"nginx@{DIGEST}", "docker.io/library/nginx:1.27"),
    (f"nginx@{DIGEST}", f"docker.io/library/nginx@{OTHER}"),
    (f"nginx:1.27@{DIGEST}", "docker.io/library/nginx:1.27"),
    ("nginx:1.27", "quay.io/library/nginx:1.27"),
    ("nginx:1.27", "docker.io/team/nginx:1.27"),
    ("nginx:1.27", "docker.io/library/my-nginx:1.27"),
    ("nginx:1.27", "nginx:1.27"),
    ("nginx:1.27", "<none>:<none>"),
]


@pytest.mark.parametrize(("image", "name"), PRESENT)
def test_a_node_that_lists_the_full_name_has_the_image(image: str, name: str) -> None:
    assert proven_present(node_with(name), [image]) == {0}


@pytest.mark.parametrize(("image", "name"), NOT_PROVEN)
def test_any_other_name_proves_nothing(image: str, name: str) -> None:
    assert proven_present(node_with(name), [image]) == set()


def test_an_image_has_several_names_on_a_node() -> None:
    node = node_with(
        f"docker.io/library/nginx@{DIGEST}", "docker.io/library/nginx:1.27", "docker.io/library/nginx:stable"
    )

    assert proven_present(node, ["nginx:1.26", "nginx:1.27", "nginx:stable", f"nginx@{DIGEST}"]) == {1, 2, 3}


def test_a_node_without_a_list_proves_nothing() -> None:
    """Even a fresh node has the image that holds pods: a kubelet that lists none was told to list none."""
    assert presence(node_with(), ["nginx"]) == [UNKNOWN]
    assert stored_names([[0, []]]) == frozenset()


def test_a_node_that_is_not_ready_proves_nothing() -> None:
    assert presence(node_with("docker.io/library/nginx:1.27", ready=False), ["nginx:1.27", "redis:7"]) == [UNKNOWN] * 2


class TestAMissingName:
    def test_proves_absence_in_a_list_that_was_not_cut(self) -> None:
        assert presence(node_with("docker.io/library/nginx:1.27"), ["nginx:1.27", "redis:7"]) == [HERE, ABSENT]

    def test_proves_nothing_in_a_full_list(self) -> None:
        assert presence(full_list(smallest=20 * MEGABYTE), ["redis:7"]) == [UNKNOWN]

    @pytest.mark.parametrize(("megabytes", "expected"), [(19, UNKNOWN), (20, UNKNOWN), (21, ABSENT)])
    def test_proves_absence_of_an_image_that_is_too_big_to_have_been_cut(
        self, megabytes: int, expected: Presence
    ) -> None:
        node = full_list(smallest=20 * MEGABYTE)

        assert presence(node, ["a:1", "redis:7"], {1: megabytes * MEGABYTE}) == [UNKNOWN, expected]
