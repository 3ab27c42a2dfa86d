"""Where a user's word may not lead, in whatever way it is written."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from pytest_django import Settings

from ips.outbound import Guard, OutboundError
from ips.outbound.addresses import Address
from ips.outbound.guard import Resolver
from ips.outbound.target import target_of

METADATA = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]
LINK_LOCAL_AND_MANY = ["169.254.0.1", "fe80::1", "224.0.0.1", "239.1.2.3", "ff02::1", "255.255.255.255", "240.0.0.1"]
NOWHERE = ["0.0.0.0", "0.1.2.3", "::"]
INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.7",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "5f00::1",
    "64:ff9b:1::1",
]
WRAPPED = [
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::f7f7:f7f7",  # Teredo, its server
]
WRAPPED_NEVER = ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::169.254.169.254"]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
EVERYTHING = tuple(ip_network(text) for text in ("0.0.0.0/0", "::/0"))


def url_of(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


def refused(url: str, guard: Guard | None = None) -> str:
    with pytest.raises(OutboundError) as error:
        (guard or Guard()).addresses(target_of(url), 1)
    assert error.value.kind == "refused"
    return error.value.message


@pytest.mark.parametrize("address", [*METADATA, *LINK_LOCAL_AND_MANY, *NOWHERE, *INSIDE, *WRAPPED, *WRAPPED_NEVER])
def test_an_address_that_is_not_out_there_is_refused(address: str) -> None:
    assert refused(url_of(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_that_is_out_there_is_not(address: str) -> None:
    assert Guard().addresses(target_of(url_of(address)), 1) == [ip_address(address)]


@pytest.mark.parametrize("address", [*METADATA, *LINK_LOCAL_AND_MANY, *NOWHERE, *WRAPPED_NEVER])
def test_no_administrator_can_open_the_metadata_service_or_the_link(address: str) -> None:
    assert "never asks" in refused(url_of(address), Guard(listed=EVERYTHING))


@pytest.mark.parametrize("address", [*INSIDE, *WRAPPED])
def test_an_administrator_can_open_private_networks(address: str) -> None:
    assert Guard(listed=EVERYTHING).addresses(target_of(url_of(address)), 1) == [ip_address(address)]


def test_what_is_opened_is_only_what_is_listed() -> None:
    guard = Guard(listed=(ip_network("10.1.0.0/16"),))

    assert guard.addresses(target_of("http://10.1.2.3/"), 1)
    assert guard.addresses(target_of("http://[::ffff:10.1.2.3]/"), 1)
    assert refused("http://10.2.0.1/", guard)
    assert refused("http://127.0.0.1/", guard)


def test_an_address_of_our_own_is_refused_with_a_zone_too() -> None:
    """Which makes it equal to no address without one, and leads to the same place."""
    guard = Guard(EVERYTHING, own=frozenset({(ip_address("::1"), 6379)}))

    for address in ("::1", "::1%1", "::1%251"):
        assert refused(f"http://[{address}]:6379/", guard)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "example.1",
        "example.0x1",
        "redis",
        "metadata",
        "",
        "a..b",
        "-x-.example",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "x" * 260 + ".example",
    ],
)
def test_a_host_that_resolvers_would_read_as_an_address_or_complete_is_refused(host: str) -> None:
    assert refused(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com:6379/_FLUSHALL",
        "//example.com/",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://example.com#@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com:22/",
        "http://example.com:99999/",
        "http://example.com:port/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: other",
        "http://example.com/\0",
        "http://[::1%eth0]/",
        "http://[fe80::1",
        "http://example.com/" + "x" * 2048,
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    assert refused(url)


class TestNames:
    def test_one_bad_address_among_good_ones_refuses_the_name(self) -> None:
        guard = Guard(resolver=answering("93.184.216.34", "10.0.0.1"))

        assert "10.0.0.1" in refused("http://half.example/", guard)

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:7f00:1"])
    def test_a_name_that_leads_inside_is_refused(self, address: str) -> None:
        assert refused("http://inside.example/", Guard(resolver=answering(address)))

    def test_are_asked_for_whole_so_that_no_search_domain_completes_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def resolve(name: str, *_: object, **__: object) -> list[object]:
            asked.append(name)
            raise OSError("no such name")

        monkeypatch.setattr("socket.getaddrinfo", resolve)
        with pytest.raises(OutboundError) as error:
            Guard().addresses(target_of("http://registry.default.svc/"), 5)

        assert error.value.kind == "unreachable"
        assert asked == ["registry.default.svc."]

    def test_that_do_not_resolve_in_time_are_told_so(self) -> None:
        def slow(name: str, seconds: float) -> list[Address]:
            raise TimeoutError

        with pytest.raises(OutboundError) as error:
            Guard(resolver=slow).addresses(target_of("http://slow.example/"), 1)

        assert error.value.kind == "timeout"


def answering(*addresses: str) -> Resolver:
    return lambda name, seconds: [ip_address(address) for address in addresses]


class TestWhatIsOurs:
    def test_is_never_asked_even_in_a_listed_network(self) -> None:
        redis = (ip_address("10.0.0.5"), 6379)
        guard = Guard(listed=EVERYTHING, own=frozenset({redis}))

        assert "belongs to IPS itself" in refused("http://10.0.0.5:6379/", guard)
        assert "belongs to IPS itself" in refused("http://[::ffff:10.0.0.5]:6379/", guard)
        assert guard.addresses(target_of("http://10.0.0.5:5000/"), 1)

    def test_is_found_in_the_settings(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.REDIS_URL = "redis://:secret@127.0.0.1:7001/0"
        for name, value in {"HOST": "127.0.0.2", "PORT": 3307}.items():
            monkeypatch.setitem(settings.DATABASES["default"], name, value)
        settings.OUTBOUND_PRIVATE = ["127.0.0.0/8"]
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.3")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")

        guard = Guard.of_settings()

        for place in ("127.0.0.1:7001", "127.0.0.2:3307", "127.0.0.3:6443"):
            assert "belongs to IPS itself" in refused(f"http://{place}/", guard)
        assert guard.addresses(target_of("http://127.0.0.1:7002/"), 1)
