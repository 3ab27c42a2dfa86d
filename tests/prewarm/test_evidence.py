"""What a node's own list of images proves."""

from __future__ import annotations

import pytest

from prewarm.evidence import proven_present, stored_names

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def listed(*names: str) -> list[list[object]]:
    """A node's list with one image of these names, as Node.images keeps it."""
    return [[78_005_565, list(names)]]


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
    assert proven_present([image], listed(name)) == {0}


@pytest.mark.parametrize(("image", "name"), NOT_PROVEN)
def test_any_other_name_proves_nothing(image: str, name: str) -> None:
    assert proven_present([image], listed(name)) == set()


def test_an_image_has_several_names_on_a_node() -> None:
    node = listed(f"docker.io/library/nginx@{DIGEST}", "docker.io/library/nginx:1.27", "docker.io/library/nginx:stable")

    assert proven_present(["nginx:1.26", "nginx:1.27", "nginx:stable", f"nginx@{DIGEST}"], node) == {1, 2, 3}


def test_a_node_without_a_list_proves_nothing() -> None:
    assert proven_present(["nginx"], []) == set()
    assert stored_names([[0, []]]) == frozenset()
