"""Which nodes a label selector means: Kubernetes' own grammar and semantics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.selectors import InvalidSelector, Requirement, parse


def values(*names: str) -> frozenset[str]:
    return frozenset(names)


# what is written, and the conditions that it means
READ = [
    ("x=a", [("x", "in", values("a"))]),
    ("x==a", [("x", "in", values("a"))]),
    ("x!=a", [("x", "notin", values("a"))]),
    ("x=a,y=b,z=c", [("x", "in", values("a")), ("y", "in", values("b")), ("z", "in", values("c"))]),
    ("x!=a,y=b", [("x", "notin", values("a")), ("y", "in", values("b"))]),
    ("x=", [("x", "in", values(""))]),
    ("x= ", [("x", "in", values(""))]),
    ("x=,z= ", [("x", "in", values("")), ("z", "in", values(""))]),
    ("x= ,z= ", [("x", "in", values("")), ("z", "in", values(""))]),
    ("x!=", [("x", "notin", values(""))]),
    ("x", [("x", "exists", values())]),
    ("\rx", [("x", "exists", values())]),
    ("a ", [("a", "exists", values())]),
    ("!x", [("x", "!", values())]),
    ("! x", [("x", "!", values())]),
    ("x,!y", [("x", "exists", values()), ("y", "!", values())]),
    ("x>1", [("x", ">", values("1"))]),
    ("x>1,z<5", [("x", ">", values("1")), ("z", "<", values("5"))]),
    ("x in (foo,,baz)", [("x", "in", values("foo", "", "baz"))]),
    ("x in (abc,)", [("x", "in", values("abc", ""))]),
    ("x in ()", [("x", "in", values(""))]),
    ("x notin ( )", [("x", "notin", values(""))]),
    ("x notin (, a)", [("x", "notin", values("", "a"))]),
    ("foo  in\t (abc)", [("foo", "in", values("abc"))]),
    ("x notin\n (abc)", [("x", "notin", values("abc"))]),
    ("x  notin\t\t\t(abc,def)", [("x", "notin", values("abc", "def"))]),
    (
        "x notin (abc,def),bar,z in (),w",
        [
            ("x", "notin", values("abc", "def")),
            ("bar", "exists", values()),
            ("z", "in", values("")),
            ("w", "exists", values()),
        ],
    ),
    # in and notin are operators only where one is due
    ("notin=in", [("notin", "in", values("in"))]),
    ("in", [("in", "exists", values())]),
    ("in in (in,notin)", [("in", "in", values("in", "notin"))]),
    ("this-is-a-dns.domain.com/key-with-dash", [("this-is-a-dns.domain.com/key-with-dash", "exists", values())]),
    ("0.1.2.domain/99 notin (10.10.100.1, a.b)", [("0.1.2.domain/99", "notin", values("10.10.100.1", "a.b"))]),
    ("kubernetes.io/arch=amd64", [("kubernetes.io/arch", "in", values("amd64"))]),
    (f"{'k' * 63}={'v' * 63}", [("k" * 63, "in", values("v" * 63))]),
]

REFUSED = [
    "",
    "   ",
    "\n",
    ",",
    ",,",
    ",x,y",
    "x,",
    "x, ",
    "a in (xyz),",
    "x=a||y=b",
    "x==a==b",
    "x=a=b",
    "!x=a",
    "!!x",
    "!",
    "=a",
    "x<a",
    "x>",
    "x>1.5",
    "x>1e3",
    "x<" + "9" * 19,
    "x y",
    "x nott in (y)",
    "a in (xyz)b notin ()",
    "a in (xyz abc)",
    "a in (b",
    "a in",
    "a in b",
    "a in (b=c)",
    "a notin(",
    "a (",
    "(",
    ")",
    "a=(b)",
    "a=b)",
    "a/b/c",
    "/a",
    "a/",
    "-a",
    "a-",
    "A.B/c",
    "a=-b",
    "a=b-",
    "a=b/c",
    "a=\u0661",
    "x>\u0661",
    "\uff41=b",
    "a=b\u00a0",
    "a\x00=b",
    "a='b'",
    'a="b"',
    f"{'k' * 64}=v",
    f"k={'v' * 64}",
    f"{'d' * 254}/k=v",
]


@pytest.mark.parametrize(("text", "meaning"), READ, ids=[ascii(row[0]) for row in READ])
def test_what_kubernetes_reads_is_read(text: str, meaning: list[tuple[str, str, frozenset[str]]]) -> None:
    assert list(parse(text).requirements) == [Requirement(*condition) for condition in meaning]


@pytest.mark.parametrize("text", REFUSED, ids=[ascii(text)[:40] for text in REFUSED])
def test_what_kubernetes_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelector) as refused:
        parse(text)

    assert len(str(refused.value)) < 300


# selector, labels of a node, whether the node is meant
MEANT = [
    ("x=y", {"x": "y"}, True),
    ("x=y", {"x": "z"}, False),
    ("x=y", {}, False),
    ("x=", {"x": ""}, True),
    ("x=", {}, False),
    ("x=y,z=w", {"x": "y", "z": "w"}, True),
    ("x=y,z=w", {"x": "w", "z": "w"}, False),
    ("x!=y", {"x": "z"}, True),
    ("x!=y", {"x": "y"}, False),
    ("x!=y", {}, True),
    ("x!=", {}, True),
    ("x!=", {"x": ""}, False),
    ("x", {"x": ""}, True),
    ("x", {"y": "x"}, False),
    ("!x", {"y": "x"}, True),
    ("!x", {"x": ""}, False),
    ("x in (a,b)", {"x": "b"}, True),
    ("x in (a,b)", {"x": "c"}, False),
    ("x in (a,b)", {}, False),
    ("x in (a,)", {"x": ""}, True),
    ("x notin (a,b)", {"x": "c"}, True),
    ("x notin (a,b)", {"x": "a"}, False),
    ("x notin (a,b)", {}, True),
    ("x>1", {"x": "2"}, True),
    ("x>1", {"x": "1"}, False),
    ("x>1", {"x": "10"}, True),
    ("x>9", {"x": "10"}, True),
    ("x>1", {"x": "v2"}, False),
    ("x>1", {"x": "\u0662"}, False),
    ("x>1", {}, False),
    ("x<1", {"x": "0"}, True),
    ("x<1", {"x": "1"}, False),
    ("x<1", {}, False),
    ("pool=gpu,!spot,zone in (a,b)", {"pool": "gpu", "zone": "a", "rack": "7"}, True),
    ("pool=gpu,!spot,zone in (a,b)", {"pool": "gpu", "zone": "a", "spot": ""}, False),
    ("foo=bar,foobar=bar,baz=blah", {"foo": "bar", "baz": "blah"}, False),
]


@pytest.mark.parametrize(("selector", "labels", "meant"), MEANT, ids=[f"{row[0]} on {row[1]}" for row in MEANT])
def test_a_node_is_meant_as_in_kubernetes(selector: str, labels: dict[str, str], meant: bool) -> None:
    assert parse(selector).matches(labels) is meant


def test_an_empty_selector_is_refused_because_it_would_mean_every_node() -> None:
    with pytest.raises(InvalidSelector, match="all_nodes: true"):
        parse(" ")


@pytest.mark.parametrize(
    ("good", "one_more"),
    [
        (",".join(f"k{n}" for n in range(20)), ",".join(f"k{n}" for n in range(21))),
        (f"k in ({','.join(map(str, range(100)))})", f"k in ({','.join(map(str, range(101)))})"),
        ("x=y" + " " * 2045, "x=y" + " " * 2046),
    ],
    ids=["conditions", "values", "characters"],
)
def test_selectors_have_limits(good: str, one_more: str) -> None:
    assert parse(good).requirements
    with pytest.raises(InvalidSelector, match="are possible"):
        parse(one_more)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "(" * 2048, "!" * 2048, "a," * 1024, "a.-" * 600 + "/k", " " * 2047 + "!"]
)
def test_no_text_keeps_the_reader_busy(text: str) -> None:
    with pytest.raises(InvalidSelector):
        parse(text)


tokens = st.lists(st.sampled_from(["a", "b-c", "in", "notin", "=", "==", "!=", "!", "<", ">", "(", ")", ",", "1", " "]))


@given(st.one_of(st.text(max_size=80), tokens.map("".join), tokens.map(" ".join)))
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    try:
        selector = parse(text)
    except InvalidSelector:
        return

    assert 1 <= len(selector.requirements) <= 20
    assert selector.matches({}) in (True, False)


name = st.from_regex(r"[a-z0-9]([a-z0-9_.-]{0,20}[a-z0-9])?", fullmatch=True, alphabet=st.characters(codec="ascii"))


@given(st.dictionaries(name, name, min_size=1, max_size=10))
def test_a_selector_made_of_a_nodes_own_labels_means_that_node(labels: dict[str, str]) -> None:
    selector = parse(",".join(f"{key}={value}" for key, value in labels.items()))

    assert selector.matches(labels)
    assert not selector.matches({})


@given(name, st.lists(name, min_size=1, max_size=5), st.one_of(st.none(), name))
def test_notin_means_exactly_the_nodes_that_in_does_not(key: str, listed: list[str], value: str | None) -> None:
    labels = {} if value is None else {key: value}

    inside = parse(f"{key} in ({','.join(listed)})").matches(labels)
    outside = parse(f"{key} notin ({','.join(listed)})").matches(labels)

    assert inside is not outside
