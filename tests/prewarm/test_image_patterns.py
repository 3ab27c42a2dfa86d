"""Patterns of images mean what they say, on the whole reference, and nothing that merely looks like it."""

from __future__ import annotations

import time

import pytest

from prewarm import references
from prewarm.image_patterns import InvalidPattern, first_match, parse

DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("**", "nginx"),
        ("docker.io/library/nginx", "nginx"),
        ("docker.io/library/nginx", "nginx:1.27"),
        ("docker.io/nginx", "docker.io/library/nginx:1.27"),
        ("index.docker.io/library/nginx", "nginx"),
        ("docker.io/library/*", "index.docker.io/redis:7"),
        ("docker.io/**", "team/app"),
        ("DOCKER.io/**", "team/app"),
        ("registry.io/**", "REGISTRY.io/team/app:1"),
        ("registry.io:5000/**", "registry.io:5000/a"),
        ("registry.io/**", "registry.io:443/team/app"),
        ("registry.io:443/**", "registry.io/team/app"),
        ("*.io/**", "registry.io:443/team/app"),
        ("docker.io/library/nginx", "Index.Docker.io/library/nginx"),
        ("docker.io/library/nginx", "index.docker.io:443/library/nginx"),
        ("docker.io/**", "registry-1.docker.io/library/nginx"),
        ("registry-1.docker.io/library/nginx", "nginx"),
        ("registry.io/team-*/app", "registry.io/team-a/app"),
        ("registry.io/team-a/**", "registry.io/team-a/deep/down/app"),
        ("*.example.com/**", "eu.mirror.example.com/app"),
        ("registry.io/*-*-slim", "registry.io/python-3-slim"),
        ("**:latest", "nginx"),
        ("registry.io/**:v1.*", "registry.io/app:v1.2"),
        ("registry.io:5000/app:v*", "registry.io:5000/app:v2"),
        ("localhost/**", "localhost/app"),
        ("registry.io/app", f"registry.io/app:1{DIGEST}"),
        ("registry.io/app", f"registry.io/app{DIGEST}"),
    ],
)
def test_a_pattern_matches(pattern: str, image: str) -> None:
    assert parse(pattern).matches(references.parse(image))


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("docker.io/library/nginx", "nginx-unprivileged"),
        ("docker.io/library/nginx", "quay.io/library/nginx"),
        ("docker.io/library/*", "team/app"),
        ("registry.io/**", "registry.io.evil.com/app"),
        ("registry.io/**", "registry.io:5000/app"),
        ("registry.io/**", "evil.com/registry.io/app"),
        ("registry.io:5000/**", "registry.io/app"),
        ("registry.io/**", "registry.io:4443/app"),
        ("registry.io/**", "registry.io:80/app"),
        ("registry.io/team-a/**", "registry.io/team-ab/app"),
        ("registry.io/team-a/**", "registry.io/team-a"),
        ("registry.io/team/*", "registry.io/team/deep/app"),
        ("*.example.com/**", "example.com/app"),
        ("*.example.com/**", "mirror.example.com.evil.com/app"),
        ("registry.io/a*a", "registry.io/a"),
        ("**:latest", "nginx:1.27"),
        ("**:latest", f"nginx:latest{DIGEST}"),
        ("registry.io/app:v1", f"registry.io/app:v1{DIGEST}"),
        ("registry.io/app:v1", "registry.io/app:v10"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, image: str) -> None:
    assert not parse(pattern).matches(references.parse(image))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("nginx", "Begin"),
        ("team/app", "Begin"),
        ("", "Begin"),
        ("**/app", "Begin"),
        ("registry.io", "Say what of"),
        ("registry.io/", "no part"),
        ("registry.io/**/app", "stands at the end"),
        ("registry.io/team**", "stands at the end"),
        ("registry.io/Team/*", "lower-case"),
        ("registry.io/a b", "no part"),
        ("registry.io/[ab]", "no part"),
        ("registry.io/app:", "no pattern of a tag"),
        (f"registry.io/app{DIGEST}", "without digest"),
        ("https://registry.io/**", "without digest"),
        ("registry.io/app\n", "no part"),
        ("régistry.io/app", "Begin"),
        ("registry.io/" + "a" * 500, "500 are possible"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_way_to_write_it(text: str, remedy: str) -> None:
    with pytest.raises(InvalidPattern, match=remedy.replace("*", r"\*")):
        parse(text)


def test_the_first_pattern_that_matches_is_named() -> None:
    patterns = ["quay.io/**", "docker.io/library/*", "**"]

    assert first_match(patterns, references.parse("nginx")) == "docker.io/library/*"
    assert first_match(patterns[:1], references.parse("nginx")) == ""


def test_no_pattern_is_slow() -> None:
    pattern = parse("r.io/" + "a*" * 200 + "b")
    image = references.parse("r.io/" + "a" * 255)

    began = time.process_time()
    assert not any(pattern.matches(image) for _ in range(100))
    assert time.process_time() - began < 5
