"""What IPS makes of what a registry says, and of what it does not say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from ips.outbound import Guard
from prewarm.registries.finding import CheckOutcome, Finding
from tests.outbound.peers import peer, saying
from tests.prewarm.registry_peer import INDEX, RegistryPeer, Said, digest, image_of, index_of, registry_peer

TAGS = "/v2/team/app/tags/list"


@pytest.fixture
def registry() -> Iterator[RegistryPeer]:
    """One that asks for nothing."""
    with registry_peer() as one:
        yield one


@pytest.fixture
def careful() -> Iterator[RegistryPeer]:
    """One that wants a token, which anybody gets."""
    with registry_peer(wants_token=True) as one:
        yield one


class TestFound:
    def test_an_image_of_one_platform_has_its_size(self, registry: RegistryPeer) -> None:
        registry.manifest("1", image_of(1000, 20_000, 300_000), digest("a"))

        found = registry.ask()

        assert (found.outcome, found.digest, found.size_for("linux/amd64")) == ("found", digest("a"), 321_000)
        assert found.runs_on("linux/s390x")  # nobody knows: a runtime takes it whatever it is

    def test_one_of_several_has_the_size_of_the_platforms_that_nodes_have(self, registry: RegistryPeer) -> None:
        registry.manifest("1", index_of(linux_amd64="b", linux_arm64_v8="c", windows_amd64="d"), digest("a"), INDEX)
        registry.manifest(digest("b"), image_of(10, 100))
        registry.manifest(digest("c"), image_of(10, 200))

        found = registry.ask(platforms=("linux/amd64", "linux/arm64"))

        assert found.platforms == ["linux/amd64", "linux/arm64/v8", "windows/amd64"]
        assert (found.size_for("linux/amd64"), found.size_for("linux/arm64")) == (110, 210)

    def test_with_a_token_for_anybody(self, careful: RegistryPeer) -> None:
        careful.manifest("1", image_of(1, 2), digest("a"))

        assert careful.ask().outcome == "found"
        assert any(asked.startswith("GET /token?scope=repository%3Ateam%2Fapp%3Apull") for asked in careful.asked())

    def test_by_digest(self, registry: RegistryPeer) -> None:
        registry.manifest(digest("a"), image_of(1, 2))

        assert registry.ask(f"team/app@{digest('a')}").outcome == "found"

    def test_an_unchanged_digest_is_not_read_again(self, registry: RegistryPeer) -> None:
        registry.manifest("1", image_of(1, 2), digest("a"))
        earlier = registry.ask()
        before = len(registry.asked())

        again = registry.ask(earlier=earlier)

        assert again == earlier
        assert [asked[:4] for asked in registry.asked()[before:]] == ["HEAD"]

    def test_where_questions_are_counted_and_few_are_left_only_the_free_one_is_asked(
        self, registry: RegistryPeer
    ) -> None:
        scarce = {"RateLimit_Limit": "100;w=21600", "RateLimit_Remaining": "49;w=21600"}
        registry.manifest("1", image_of(1, 2), digest("a"), **scarce)

        found = registry.ask()

        assert (found.outcome, found.size_for("linux/amd64")) == ("found", None)
        assert [asked[:4] for asked in registry.asked()] == ["HEAD"]

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{", {"layers": 7}, {"config": {}, "layers": [{}]}, {"manifests": [1]}]
    )
    def test_a_document_that_makes_no_sense_leaves_it_found(self, registry: RegistryPeer, body: object) -> None:
        registry.manifest("1", body, digest("a"))

        found = registry.ask(platforms=("linux/amd64",))

        assert (found.outcome, found.size_for("linux/amd64")) == ("found", None)
        assert found.runs_on("linux/amd64")


class TestSurelyMissing:
    def test_a_tag_that_an_open_registry_does_not_have(self, registry: RegistryPeer) -> None:
        registry.no_manifest("1")

        found = registry.ask()

        assert (found.outcome, found.reason) == ("missing", "image_not_found")
        assert found.message == f"team/app:1 was not found at {registry.host}, which says: manifest unknown"
        assert found.missing(with_secrets=True)

    def test_a_repository_that_an_open_registry_does_not_have(self, registry: RegistryPeer) -> None:
        registry.no_manifest("1", "NAME_UNKNOWN")

        assert registry.ask().outcome == "missing"

    def test_a_tag_of_a_repository_that_anybody_may_see(self, careful: RegistryPeer) -> None:
        careful.no_manifest("1")
        careful.says[TAGS] = Said(200, {"name": "team/app", "tags": ["2"]})

        found = careful.ask()

        assert found.missing(with_secrets=False)
        assert not found.missing(with_secrets=True)


class TestNothingFollows:
    """A registry that hides what is private says 404 of it, or 401, or 403."""

    @pytest.mark.parametrize("code", ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"])
    def test_from_a_404_for_a_repository_that_may_be_hidden(self, careful: RegistryPeer, code: str) -> None:
        careful.no_manifest("1", code)

        assert unknown(careful.ask()) == "unauthorized"

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (401, "unauthorized"),
            (403, "unauthorized"),
            (429, "rate_limited"),
            (500, "registry_unreachable"),
            (503, "registry_unreachable"),
            (418, "registry_unreachable"),
            (204, "registry_unreachable"),
        ],
    )
    def test_from_a_refusal(self, registry: RegistryPeer, status: int, reason: str) -> None:
        registry.no_manifest("1", "DENIED", status)

        assert unknown(registry.ask()) == reason

    def test_from_a_404_that_is_no_registrys(self, registry: RegistryPeer) -> None:
        assert unknown(registry.ask()) == "registry_unreachable"

    @pytest.mark.parametrize("code", ["UNSUPPORTED", "DENIED", ""])
    def test_from_a_404_with_another_code(self, registry: RegistryPeer, code: str) -> None:
        registry.no_manifest("1", code)

        assert unknown(registry.ask()) == "registry_unreachable"

    def test_from_a_redirect(self, registry: RegistryPeer) -> None:
        registry.says["/v2/team/app/manifests/1"] = Said(307, b"", {"Location": "http://127.0.0.1:1/"})

        assert unknown(registry.ask()) == "not_asked"

    def test_from_a_token_service_that_gives_none(self, careful: RegistryPeer) -> None:
        for bad in ("", "two\r\nlines"):
            careful.token = bad

            assert unknown(careful.ask()) == "unauthorized"

    def test_from_a_token_service_inside(self) -> None:
        """The realm is a registry's word, and so the word of whoever named that registry."""
        with peer(saying("200 OK", b'{"token": "x"}')) as inside:
            realm = f"http://localhost:{inside.port}/latest/meta-data/"
            with registry_peer(wants_token=True, realm=realm) as registry:
                only_this = Guard((ip_network("127.0.0.2/32"),))

                assert unknown(registry.ask(guard=only_this)) == "not_asked"
        assert inside.asked == []

    def test_from_a_private_address(self, registry: RegistryPeer) -> None:
        registry.no_manifest("1")

        found = registry.ask(guard=Guard())

        assert unknown(found) == "not_asked"
        assert "IPS_OUTBOUND_PRIVATE" in found.message
        assert registry.asked() == []

    def test_from_nobody_there(self) -> None:
        with registry_peer() as registry:
            pass

        assert unknown(registry.ask()) == "registry_unreachable"

    @pytest.mark.parametrize("words", ["a" * 30_000, 'a="' * 10_000, 'realm="' + "b" * 30_000])
    def test_from_a_challenge_that_takes_long_to_read(self, words: str) -> None:
        """A pattern that looks at each letter from each letter on would stop all threads of the process for minutes."""
        begun = time.monotonic()
        with registry_peer() as registry, peer(saying("401 No", b"", f"WWW-Authenticate: Bearer {words}")) as other:
            registry.peer = other
            assert unknown(registry.ask(seconds=60)) == "unauthorized"
            assert len(other.asked) == 1

        assert time.monotonic() - begun < 10

    def test_from_a_number_that_is_too_long_to_be_one(self, registry: RegistryPeer) -> None:
        scarce = {"RateLimit_Limit": "9" * 5000, "RateLimit_Remaining": "1"}
        registry.manifest("1", image_of(1, 2), digest("a"), **scarce)

        assert registry.ask().outcome == "found"

    def test_from_one_that_does_not_answer_in_time(self) -> None:
        with registry_peer() as registry, peer(lambda connection, head: connection.recv(1) and None) as registry.peer:
            assert unknown(registry.ask(seconds=0.5)) == "registry_unreachable"


def unknown(found: Finding) -> str:
    assert found.outcome == CheckOutcome.UNKNOWN
    assert found.message.endswith(".")
    assert not found.missing(with_secrets=False)
    return found.reason


class TestPlatforms:
    @pytest.mark.parametrize(
        ("platforms", "node", "runs"),
        [
            (["linux/amd64"], "linux/amd64", True),
            (["linux/arm64/v8"], "linux/arm64", True),
            (["linux/amd64"], "linux/arm64", False),
            (["windows/amd64"], "linux/amd64", False),
            (["linux/386"], "linux/amd64", True),  # containerd takes it where there is no other
            (["linux/arm/v7"], "linux/arm64", True),
            (["linux/arm64"], "linux/amd64", False),
            (["linux/amd64"], "", True),  # a node that does not tell
            ([], "linux/amd64", False),
        ],
    )
    def test_a_whole_index_says_where_an_image_surely_does_not_run(
        self, platforms: list[str], node: str, runs: bool
    ) -> None:
        found = Finding(CheckOutcome.FOUND, platforms=platforms, all_platforms=True)

        assert found.runs_on(node) is runs

    def test_an_index_with_thousands_is_not_kept_whole_and_nothing_follows_from_it(
        self, registry: RegistryPeer
    ) -> None:
        many = [{"platform": {"os": "linux", "architecture": f"cpu{number}"}} for number in range(15_000)]
        registry.manifest("1", {"manifests": many}, digest("a"), INDEX)

        found = registry.ask()

        assert len(found.platforms) <= 200
        assert found.runs_on("linux/amd64")

    def test_signatures_are_no_platform(self, registry: RegistryPeer) -> None:
        registry.manifest("1", index_of(linux_amd64="b", unknown_unknown="c"), digest("a"), INDEX)

        found = registry.ask()

        assert (found.platforms, found.all_platforms) == (["linux/amd64"], True)

    def test_an_entry_without_a_platform_or_with_an_index_inside_leaves_it_open(self, registry: RegistryPeer) -> None:
        for odd in ({"digest": digest("c")}, {"mediaType": INDEX, "platform": {"os": "linux", "architecture": "x"}}):
            document = index_of(linux_amd64="b")
            document["manifests"].append(odd)
            registry.manifest("1", document, digest("a"), INDEX)

            assert registry.ask().runs_on("linux/arm64")
