"""People are told in Slack and DingTalk, in words that name the cause, and in no way that the chat could misread."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from ips.outbound import Answer
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import OK, hook, make_due, told, work
from webhooks.kinds import KINDS, Outcome
from webhooks.kinds.dingtalk import MOST_BYTES
from webhooks.letters import Letter
from webhooks.models import DeliveryStatus, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NASTY = "<!channel> & [evil](http://x) *_`#> @all"


def letter(event: str = "task.partial", title: str = "web-nightly", groups: int = 2, message: str = "boom") -> Letter:
    failures = [
        {
            "reason": f"r{number}",
            "label": f"reason {number}",
            "hint": "",
            "nodes": 3,
            "examples": ["node-1", "node-2"],
            "images": ["nginx:1"],
            "message": message,
        }
        for number in range(groups)
    ]
    data = {
        "tenant": "default",
        "text": "The task is partly done: of 120 nodes 118 succeeded, 2 failed.",
        "link": "https://ips.example/tasks/1",
        "task": {"title": title, "images": 3, "asked_by": "ada", "nodes": {"succeeded": 118, "desired": 120}},
        "failures": failures,
        "more_failures": 4,
    }
    body = {"type": event, "timestamp": "2026-11-27T00:00:00Z", "sequence": 1, "data": data}
    return Letter("1", json.dumps(body), event, body)


def posted(webhook: Webhook, *letters: Letter) -> dict[str, Any]:
    post = KINDS[webhook.kind].post(webhook, letters or [letter()], timezone.now())
    assert len(post.body) <= 20_000
    told: dict[str, Any] = json.loads(post.body)
    return told


class TestSlack:
    def test_blocks_have_the_summary_the_first_failures_by_reason_and_a_link(self) -> None:
        message = posted(hook(kind="slack"), letter(groups=8))
        header, text, fields, failures, actions = message["blocks"]

        assert header["text"]["text"] == "Task partly done: web-nightly" == message["text"]
        assert "118 succeeded, 2 failed" in text["text"]["text"]
        assert {"type": "mrkdwn", "text": "*Nodes*\n118/120"} in fields["fields"]
        lines = failures["text"]["text"].split("\n")
        assert lines[0] == "• reason 0 – 3 nodes: node-1, node-2"
        assert lines[-1] == "and 7 more reasons"
        assert actions["elements"][0]["url"] == "https://ips.example/tasks/1"

    def test_chinese_is_chinese(self) -> None:
        message = posted(hook(kind="slack", language="zh"))
        assert message["text"] == "任务部分完成: web-nightly"
        assert "在 IPS 中查看" in str(message)

    def test_no_name_calls_the_channel(self) -> None:
        message = posted(hook(kind="slack"), letter(title=NASTY, message=NASTY))
        texts = [message["text"], *(block["text"]["text"] for block in message["blocks"][1:] if "text" in block)]

        assert not any("<!" in text for text in texts)

    def test_it_keeps_to_slacks_limits_whatever_failed(self) -> None:
        message = posted(hook(kind="slack"), letter(title="x" * 200, groups=20, message="<&>" * 100))

        assert len(message["blocks"]) <= 50
        assert len(message["blocks"][0]["text"]["text"]) <= 150
        assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"] if "text" in block)

    @pytest.mark.parametrize(
        ("status", "body", "outcome"),
        [
            (200, b"ok", Outcome.DELIVERED),
            (200, b"hello", Outcome.STOP),
            (400, b"invalid_payload", Outcome.STOP),
            (403, b"action_prohibited", Outcome.GONE),
            (403, b"invalid_token", Outcome.GONE),
            (404, b"channel_not_found", Outcome.GONE),
            (404, b"no_service", Outcome.GONE),
            (410, b"channel_is_archived", Outcome.GONE),
            (500, b"rollup_error", Outcome.AGAIN),
            (429, b"", Outcome.AGAIN),
            (302, b"", Outcome.STOP),
        ],
    )
    def test_an_answer_means(self, status: int, body: bytes, outcome: Outcome) -> None:
        assert KINDS["slack"].judge(Answer(status, {}, body)).outcome == outcome


class TestDingTalk:
    def test_markdown_says_the_title_again_names_reasons_and_links(self) -> None:
        message = posted(hook(kind="dingtalk"), letter(groups=8))

        assert message["msgtype"] == "markdown"
        text = message["markdown"]["text"]
        assert message["markdown"]["title"] == "Task partly done: web-nightly"
        assert text.startswith("### Task partly done: web-nightly\n\n")
        assert "- **reason 0** – 3 nodes: node-1, node-2" in text
        assert "- and 7 more reasons" in text
        assert "[Open in IPS](https://ips.example/tasks/1)" in text

    def test_chinese_is_chinese(self) -> None:
        text = posted(hook(kind="dingtalk", language="zh"))["markdown"]["text"]
        assert text.startswith("### 任务部分完成: web-nightly")
        assert "节点: 118/120" in text

    def test_a_robots_keyword_is_in_every_message(self) -> None:
        webhook = hook(kind="dingtalk", keyword="镜像预热")
        assert "镜像预热" in posted(webhook)["markdown"]["text"]
        assert "镜像预热" in posted(webhook, letter(), letter())["markdown"]["text"]

    def test_people_are_called_in_the_text_and_beside_it(self) -> None:
        message = posted(hook(kind="dingtalk", at_mobiles=["13800138000"]))
        assert message["at"] == {"atMobiles": ["13800138000"], "isAtAll": False}
        assert message["markdown"]["text"].endswith("@13800138000")

    def test_no_name_formats_or_calls_all(self) -> None:
        text = posted(hook(kind="dingtalk"), letter(title=NASTY))["markdown"]["text"]
        assert "@all" not in text
        assert "](http://x)" not in text
        assert r"\[evil\]\(http://x\)" in text

    def test_it_fits_whatever_failed(self) -> None:
        message = posted(hook(kind="dingtalk"), letter(title="图" * 200, groups=20))
        assert len(message["markdown"]["text"].encode()) <= MOST_BYTES + 100

    def test_the_signature_is_quoted_once_and_is_the_robots(self, receiver: Receiver) -> None:
        receiver.says(200, OK)
        webhook = hook(f"{receiver.url}?access_token=T", "dingtalk", secret="SECabc")
        told(webhook)
        work()

        (heard,) = receiver.told
        query = parse_qs(urlsplit(heard.path).query, strict_parsing=True)
        stamp, (sign,) = int(query["timestamp"][0]), query["sign"]
        expected = hmac.new(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256).digest()
        assert base64.b64decode(sign, validate=True) == expected
        assert abs(stamp / 1000 - timezone.now().timestamp()) < 60
        assert query["access_token"] == ["T"]
        assert "%25" not in heard.path

    def test_a_robot_without_a_secret_is_asked_as_it_is(self, receiver: Receiver) -> None:
        receiver.says(200, OK)
        told(hook(f"{receiver.url}?access_token=T", "dingtalk"))
        work()

        assert receiver.told[0].path == "/hook?access_token=T"


# errcode, errmsg, what it means, what the log calls it, how long to wait
ERRCODES = [
    (0, "ok", Outcome.DELIVERED, "", None),
    (-1, "system busy", Outcome.AGAIN, "errcode_-1", 30),
    (130101, "send too fast, exceed 20 times per minute", Outcome.AGAIN, "errcode_130101", 600),
    (410100, "send too fast", Outcome.AGAIN, "errcode_410100", 600),
    (310000, "keywords not in content", Outcome.STOP, "keyword", None),
    (310000, "invalid timestamp", Outcome.STOP, "timestamp", None),
    (310000, "sign not match", Outcome.STOP, "sign", None),
    (310000, "ip 1.2.3.4 not in whitelist", Outcome.STOP, "ip_not_allowed", None),
    (310000, "something new", Outcome.STOP, "errcode_310000", None),
    (300001, "token is not exist", Outcome.GONE, "errcode_300001", None),
    (300005, "token is not exist", Outcome.GONE, "errcode_300005", None),
    (400101, "token is not exist", Outcome.GONE, "errcode_400101", None),
    (400013, "group dismissed", Outcome.GONE, "errcode_400013", None),
    (400102, "robot stopped", Outcome.GONE, "errcode_400102", None),
    (400106, "no such robot", Outcome.GONE, "errcode_400106", None),
    (40035, "bad parameter", Outcome.STOP, "errcode_40035", None),
    (43002, "need post", Outcome.STOP, "errcode_43002", None),
    (43004, "content type", Outcome.STOP, "errcode_43004", None),
    (400105, "msgtype", Outcome.STOP, "errcode_400105", None),
    (99999, "never heard of", Outcome.AGAIN, "errcode_99999", None),
]


@pytest.mark.parametrize(("code", "text", "outcome", "named", "wait"), ERRCODES)
def test_an_errcode_means(code: int, text: str, outcome: Outcome, named: str, wait: float | None) -> None:
    body = json.dumps({"errcode": code, "errmsg": text}).encode()
    verdict = KINDS["dingtalk"].judge(Answer(200, {}, body))

    assert (verdict.outcome, verdict.code, verdict.wait) == (outcome, named, wait)


@pytest.mark.parametrize("body", [b"", b"ok", b"{}", b"[]", b'{"errcode": "0"}', b'{"errcode": true}', b"[" * 4000])
def test_200_without_an_errcode_is_no_success(body: bytes) -> None:
    assert KINDS["dingtalk"].judge(Answer(200, {}, body)).outcome == Outcome.AGAIN


def test_the_firewall_is_waited_for() -> None:
    body = b'{"status":1111,"wait":5,"source":"x5","punish":"deny"}'
    verdict = KINDS["dingtalk"].judge(Answer(200, {}, body))

    assert (verdict.outcome, verdict.wait, verdict.rests) == (Outcome.AGAIN, 300, True)


class TestARobotBearsTwentyAMinute:
    def test_a_hundred_events_at_once_are_one_digest(self, receiver: Receiver) -> None:
        receiver.says(200, OK)
        webhook = hook(receiver.url, "dingtalk")
        for number in range(100):
            told(webhook, "task.succeeded" if number % 2 else "task.failed")
        work()

        (heard,) = receiver.told
        assert heard.json["markdown"]["title"] == "IPS: 100 events, 50 of them bad"
        assert "and 80 more" in heard.json["markdown"]["text"]
        assert webhook.deliveries.filter(status=DeliveryStatus.DELIVERED, tried__together=100).count() == 100

    def test_a_few_are_told_one_by_one(self, receiver: Receiver) -> None:
        receiver.says(200, OK)
        webhook = hook(receiver.url, "dingtalk")
        for _ in range(5):
            told(webhook)
        work()

        assert len(receiver.told) == 5

    def test_never_more_than_twenty_go_out_in_a_minute_over_all_webhooks_of_the_robot(self, receiver: Receiver) -> None:
        receiver.says(200, OK)
        webhooks = [hook(receiver.url, "dingtalk") for _ in range(2)]
        for _ in range(30):
            for webhook in webhooks:
                told(webhook)
                work()
                make_due()

        assert 10 < len(receiver.told) <= 20
        left = sum(webhook.deliveries.filter(status=DeliveryStatus.PENDING).count() for webhook in webhooks)
        assert left == 60 - len(receiver.told)

    def test_what_waited_is_in_the_next_minutes_digest(self, receiver: Receiver) -> None:
        from webhooks.models import Pace

        receiver.says(200, OK)
        webhook = hook(receiver.url, "dingtalk")
        for _ in range(25):
            told(webhook)
            work()
            make_due()
        sent = len(receiver.told)
        pace = Pace.objects.get()
        Pace.objects.update(times=[at - 61 for at in pace.times])  # a minute later
        make_due()
        for _ in range(20):
            told(webhook)
        work()

        assert len(receiver.told) == sent + 1
        assert receiver.told[-1].json["markdown"]["title"].startswith(f"IPS: {45 - sent} events")
        assert not webhook.deliveries.filter(status=DeliveryStatus.PENDING).exists()
