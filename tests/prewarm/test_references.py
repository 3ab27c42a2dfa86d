"""How an image may be written, and what it then means: the grammar of distribution/reference, normalised.

The tables go through the cases that distribution/reference documents for its grammar, in our own words.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.references import InvalidReference, parse

F64 = "sha256:" + "f" * 64
F128 = "sha512:" + "f" * 128
BARE_ID = "1a3f5e7d9c1b3a5f" * 4

# what is written, registry, repository path, tag, digest
ACCEPTED = [
    ("test_com", "docker.io", "library/test_com", "latest", ""),
    ("test.com:tag", "docker.io", "library/test.com", "tag", ""),
    ("test.com:5000", "docker.io", "library/test.com", "5000", ""),
    ("test.com/repo:tag", "test.com", "repo", "tag", ""),
    ("test:5000/repo", "test:5000", "repo", "latest", ""),
    ("test:5000/repo:tag", "test:5000", "repo", "tag", ""),
    (f"test:5000/repo@{F64}", "test:5000", "repo", "", F64),
    (f"test:5000/repo:tag@{F64}", "test:5000", "repo", "tag", F64),
    ("lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase", ""),
    ("a/" * 127 + "a:tag-beyond-255-characters", "docker.io", "a/" * 127 + "a", "tag-beyond-255-characters", ""),
    ("example.com/" + "a" * 255, "example.com", "a" * 255, "latest", ""),
    ("repo:" + "t" * 128, "docker.io", "library/repo", "t" * 128, ""),
    ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux", "latest", ""),
    ("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", ""),
    (
        "b.gcr.io/test.example.com/my-app:test.example.com",
        "b.gcr.io",
        "test.example.com/my-app",
        "test.example.com",
        "",
    ),
    ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", ""),
    (f"xn--7o8h.com/myimage:xn--7o8h.com@{F128}", "xn--7o8h.com", "myimage", "xn--7o8h.com", F128),
    ("foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080", ""),
    ("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080", ""),
    ("192.168.1.1", "docker.io", "library/192.168.1.1", "latest", ""),
    ("192.168.1.1:tag", "docker.io", "library/192.168.1.1", "tag", ""),
    ("192.168.1.1:5000", "docker.io", "library/192.168.1.1", "5000", ""),
    ("192.168.1.1/repo", "192.168.1.1", "repo", "latest", ""),
    ("192.168.1.1:5000/repo", "192.168.1.1:5000", "repo", "latest", ""),
    ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", ""),
    ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest", ""),
    ("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", ""),
    ("[2001:db8::1]:5000/repo", "[2001:db8::1]:5000", "repo", "latest", ""),
    ("[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag", ""),
    (f"[2001:db8::1]:5000/repo@{F64}", "[2001:db8::1]:5000", "repo", "", F64),
    (f"[2001:db8::1]:5000/repo:tag@{F64}", "[2001:db8::1]:5000", "repo", "tag", F64),
    ("[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", "latest", ""),
    ("[::1]:5000/repo", "[::1]:5000", "repo", "latest", ""),
    ("localhost/repo", "localhost", "repo", "latest", ""),
    ("localhost:1/repo", "localhost:1", "repo", "latest", ""),
    ("localhost:65535/repo", "localhost:65535", "repo", "latest", ""),
    ("test-com:8080/foo", "test-com:8080", "foo", "latest", ""),
    ("test_com/foo", "docker.io", "test_com/foo", "latest", ""),
    # A first part with an upper-case letter can only be a host.
    ("Uppercase/lowercase:tag", "Uppercase", "lowercase", "tag", ""),
    ("FOO/bar", "FOO", "bar", "latest", ""),
    ("docker---rules/docker", "docker.io", "docker---rules/docker", "latest", ""),
    ("dock__er/docker", "docker.io", "dock__er/docker", "latest", ""),
    ("d/docker", "docker.io", "d/docker", "latest", ""),
    (f"docker.io/{BARE_ID}", "docker.io", f"library/{BARE_ID}", "latest", ""),
    (f"{BARE_ID}:tag", "docker.io", f"library/{BARE_ID}", "tag", ""),
    (BARE_ID[:63], "docker.io", f"library/{BARE_ID[:63]}", "latest", ""),
    ("redis", "docker.io", "library/redis", "latest", ""),
    (f"redis@{F64}", "docker.io", "library/redis", "", F64),
    ("docker.io/redis", "docker.io", "library/redis", "latest", ""),
    ("docker.io/library/redis:7", "docker.io", "library/redis", "7", ""),
    ("index.docker.io/redis", "docker.io", "library/redis", "latest", ""),
    ("index.docker.io/library/foo/bar", "docker.io", "library/foo/bar", "latest", ""),
    ("sha256:abcd", "docker.io", "library/sha256", "abcd", ""),
]

REFUSED = [
    "",
    ":justtag",
    f"@{F64}",
    "repo@sha256:" + "f" * 34,
    "repo@sha256:" + "F" * 64,
    "repo@sha512:" + "f" * 64,
    "repo@md5:" + "f" * 32,
    "validname@invaliddigest:" + "f" * 128,
    f"repo@{F64}@{F64}",
    "repo@",
    "repo:",
    "repo:tag:tag",
    "repo:-tag",
    "repo:.tag",
    "repo:" + "t" * 129,
    "Uppercase:tag",
    "test:5000/Uppercase/lowercase:tag",
    "docker/Docker",
    "docker.io/docker/Docker",
    "a/" * 128 + "a:tag",
    "domain/" + "a" * 256,
    "example.com/" + "a" * 256,
    "aa/asdf$$^/aa",
    "[2001:db8::1]",
    "[2001:db8::1]:5000",
    "[2001:db8::1]:tag",
    "[fe80::1%eth0]:5000/repo",
    "[fe80::1%@invalidzone]:5000/repo",
    "[2001:db8:3:4::192.0.2.33]:5000/debian",
    "fc00::1:5000/debian",
    "docker///docker",
    "docker/",
    "/docker",
    "-docker",
    "-docker/docker",
    "docker-/docker",
    "-docker.io/docker/docker",
    "docker-.io/docker/docker",
    "docker..io/docker",
    "_docker/_docker",
    "____/____",
    "dock..er/docker",
    "dock_.er/docker",
    "dock-.er/docker",
    "dock___er/docker",
    BARE_ID,
    "host:0/repo",
    "host:65536/repo",
    "host:05000/repo",
    "host:123456/repo",
    "host:/repo",
    "host:port/repo",
    "../etc/passwd",
    "a/../b",
    "a,b",
    "a b",
    " nginx",
    "nginx ",
    "nginx\n",
    "nginx:1\n",
    f"nginx@{F64}\n",
    "host\n/repo",
    "nginx\x00",
    "nginx\t",
    "nginx;reboot",
    "--help",
    "nginx:\uff11",
    "nginx:v\u0661",
    "host:\uff15\uff10\uff10\uff10/repo",
    "\uff4e\uff47\uff49\uff4e\uff58",
    "straße",
    "https://github.com/docker/docker",
    "http://127.0.0.1:5000/repo",
    "docker://nginx",
    "user:password@host/repo",
    "user@host/repo",
    "\ud800",
    f"{'a.' * 127}a/repo",
    f"{'a' * 300}.com:5000/repo",
]


@pytest.mark.parametrize(("text", "domain", "path", "tag", "digest"), ACCEPTED, ids=[row[0][:40] for row in ACCEPTED])
def test_what_the_grammar_allows_is_read(text: str, domain: str, path: str, tag: str, digest: str) -> None:
    found = parse(text)

    assert (found.domain, found.path, found.tag, found.digest) == (domain, path, tag, digest)


@pytest.mark.parametrize("text", REFUSED, ids=[ascii(text)[:40] for text in REFUSED])
def test_what_the_grammar_forbids_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference) as refused:
        parse(text)

    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("docker.io/nginx:1.27", "docker.io/library/nginx:1.27"),
        ("index.docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/app", "docker.io/team/app:latest"),
        ("quay.io/team/app:2", "quay.io/team/app:2"),
        (f"nginx@{F64}", f"docker.io/library/nginx@{F64}"),
        (f"nginx:1.27@{F64}", f"docker.io/library/nginx@{F64}"),
        ("127.0.0.1:5000/a/x", "127.0.0.1:5000/a/x:latest"),
    ],
)
def test_a_node_lists_the_image_under_its_full_name_and_a_digest_wins_over_a_tag(text: str, stored: str) -> None:
    assert parse(text).stored_name == stored


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("https://host/repo", "without https://"),
        ("user:password@host/repo", "pull secret"),
        (BARE_ID, "repository@sha256:"),
        ("Nginx:1", "lower case"),
        ("host:99999/x", "1 to 65535"),
        ("nginx@sha256:12", "64 hexadecimal digits"),
    ],
)
def test_a_refusal_says_how_to_write_it(text: str, remedy: str) -> None:
    with pytest.raises(InvalidReference, match=remedy):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "a/" * 500_000, "a-" * 500_000, "a@" * 500_000, ":" * 1_000_000, "a.b" * 333_333 + "/!"],
    ids=["letters", "slashes", "dashes", "ats", "colons", "dots"],
)
def test_a_million_characters_are_refused_for_their_length(text: str) -> None:
    with pytest.raises(InvalidReference, match="characters; 780 are possible"):
        parse(text)


@pytest.mark.parametrize("text", ["a-" * 385 + "!", "a" * 779 + "!", "a." * 385 + "/!", "0_" * 380 + "/A"])
@pytest.mark.timeout(10)
def test_no_text_of_the_longest_length_keeps_the_patterns_busy(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse(text)


alnum = st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789")
word = st.text(alnum, min_size=1, max_size=8)
component = st.builds(
    lambda first, rest: first + "".join(separator + part for separator, part in rest),
    word,
    st.lists(st.tuples(st.sampled_from([".", "_", "__", "-", "---"]), word), max_size=3),
)
ascii_only = st.characters(codec="ascii")
host_label = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?", fullmatch=True, alphabet=ascii_only)
host = st.one_of(
    st.lists(host_label, min_size=2, max_size=4).map(".".join),
    st.just("localhost"),
    st.sampled_from(["[::1]", "[2001:db8::1]", "10.0.0.1"]),
)
port = st.one_of(st.just(""), st.integers(1, 65535).map(lambda number: f":{number}"))
tag = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True, alphabet=ascii_only)
path = st.lists(component, min_size=1, max_size=3).map("/".join)
digest = st.one_of(
    st.text("0123456789abcdef", min_size=64, max_size=64).map(lambda digits: f"@sha256:{digits}"),
    st.text("0123456789abcdef", min_size=128, max_size=128).map(lambda digits: f"@sha512:{digits}"),
)


@given(
    # Without a registry the first part has no dot, or it would be read as one.
    name=st.one_of(
        st.builds(lambda host, port, path: f"{host}{port}/{path}", host, port, path),
        st.builds(lambda first, rest: f"{first}/{rest}", word, path),
        word,
    ),
    tagged=st.one_of(st.just(""), tag.map(lambda name: f":{name}")),
    pinned=st.one_of(st.just(""), digest),
)
def test_whatever_the_grammar_makes_is_read_and_its_stored_name_means_the_same(
    name: str, tagged: str, pinned: str
) -> None:
    found = parse(f"{name}{tagged}{pinned}")
    again = parse(found.stored_name)

    assert again.stored_name == found.stored_name
    assert (again.domain, again.path, again.digest) == (found.domain, found.path, found.digest)
    assert found.repository.endswith(name)


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    try:
        found = parse(text)
    except InvalidReference:
        return

    assert text.isascii()
    assert parse(found.stored_name).stored_name == found.stored_name
