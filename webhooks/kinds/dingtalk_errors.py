"""What DingTalk's robots answer: HTTP 200 whatever happened, and an errcode that tells. One table.

Its words stay in the answer, which not everybody may see who sees the verdict.
"""

from __future__ import annotations

import json

from ips.outbound import Answer
from webhooks.kinds.kind import LONGEST_WAIT, Outcome, Verdict, by_status

LONGEST_CODE = 40  # of Delivery.code
TOO_FAST_SECONDS = 600.0  # so long the robot is silent once it was told more than 20 things in a minute
BUSY_SECONDS = 30.0
_GONE = {
    300001: "DingTalk does not know this access_token. Copy the robot's address anew.",
    300005: "DingTalk does not know this access_token. Copy the robot's address anew.",
    400101: "DingTalk does not know this access_token. Copy the robot's address anew.",
    400013: "The group was dismissed.",
    400102: "The robot was stopped in its group.",
    400106: "The robot does not exist any more.",
}
_SENT_WRONG = frozenset({40035, 43002, 43004, 400105})
_TOO_FAST = frozenset({130101, 410100})
# 310000 has four meanings; only its words tell which.
_REFUSALS = (
    ("keywords not in content", "keyword", "The robot wants one of its keywords in every message: enter it here."),
    ("invalid timestamp", "timestamp", "The clocks of IPS and DingTalk differ by more than an hour."),
    ("sign not match", "sign", "The robot signs with another secret. Copy its SEC… anew."),
    (
        "not in whitelist",
        "ip_not_allowed",
        "The robot hears only some addresses: add the one that IPS goes out from.",
    ),
)


def judge(answer: Answer) -> Verdict:
    """Delivered only if the answer says errcode 0; an answer without one is a failure."""
    if answer.status != 200:
        return by_status(answer)
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return Verdict(Outcome.AGAIN, "not_dingtalk", "The answer is not what DingTalk answers.")
    code, text = said.get("errcode"), _storable(said.get("errmsg", ""))
    if type(code) is not int:
        return _firewall(said)
    return _by_errcode(code, text)


def _by_errcode(code: int, text: str) -> Verdict:
    named = f"errcode_{code}"[:LONGEST_CODE]
    if code == 0:
        return Verdict(Outcome.DELIVERED)
    if code == -1:
        return Verdict(Outcome.AGAIN, named, "DingTalk is busy.", BUSY_SECONDS)
    if code in _TOO_FAST:
        return Verdict(Outcome.AGAIN, named, "Too many messages a minute.", TOO_FAST_SECONDS, rests=True)
    if code in _GONE:
        return Verdict(Outcome.GONE, named, _GONE[code])
    if code in _SENT_WRONG:
        return Verdict(Outcome.STOP, named, "DingTalk does not accept the message; its answer says why.")
    if code == 310000:
        for words, which, remedy in _REFUSALS:
            if words in text.lower():
                return Verdict(Outcome.STOP, which, remedy)
        return Verdict(Outcome.STOP, named, "The robot refuses; its answer says why.")
    return Verdict(Outcome.AGAIN, named, "DingTalk says something that IPS does not know; see its answer.")


def _storable(said: object) -> str:
    """JSON may hold half of a pair of surrogates, which no database takes."""
    return str(said)[:200].encode(errors="replace").decode()


def _firewall(said: dict[str, object]) -> Verdict:
    """Without an errcode it is the firewall that answers, or somebody else."""
    wait = said.get("wait")
    if said.get("punish") == "deny" and isinstance(wait, int | float) and not isinstance(wait, bool) and wait >= 0:
        seconds = min(min(wait, LONGEST_WAIT) * 60.0, LONGEST_WAIT)  # a number of any length is no float
        return Verdict(Outcome.AGAIN, "firewall", "DingTalk's firewall asks to wait.", seconds, rests=True)
    return Verdict(Outcome.AGAIN, "not_dingtalk", "The answer has no errcode: nobody can tell that it arrived.")
