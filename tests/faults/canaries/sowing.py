"""Somebody works with IPS for a while, and gives away every kind of secret that it takes."""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from accounts.key_text import KeyText
from tests.environment import free_port
from tests.faults.canaries.secret import COLUMNS, Secret, canary
from tests.faults.canaries.stage import CanaryStage
from tests.faults.telling import none_waits
from tests.webhooks.inbound.pushes import event
from tests.webhooks.receivers import Receiver
from webhooks.signing import new_secret

PEOPLE = {"anna": "admin", "otto": "operator", "vera": "viewer", "mallory": "admin"}
PLANTED = "planted7d1f"  # in names and images: no secret, so it must be found


@dataclass
class Sower:
    """`sown` are the secrets that IPS was given, and those that it gave; `tokens` are of whoever may ask it."""

    stage: CanaryStage
    sown: list[Secret] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    receivers: list[Receiver] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    browser: httpx.Client = field(default_factory=httpx.Client)

    def secret(self, name: str, text: str = "", *, of_a_webhook: bool = False) -> str:
        """Remember a secret; a new one where none is given."""
        text = text or canary(name.replace(" ", "-"))
        self.sown.append(Secret(name, text, COLUMNS if of_a_webhook else frozenset()))
        return text

    def ask(self, method: str, path: str, who: str = "", expect: int = 0, **request: Any) -> httpx.Response:
        headers = {**request.pop("headers", {}), **({"Authorization": f"Bearer {self.tokens[who]}"} if who else {})}
        answer = httpx.request(method, f"{self.stage.http.base_url}{path}", headers=headers, timeout=60, **request)
        assert answer.status_code == expect or not expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def work(self, stack: ExitStack) -> None:
        self.sown += self.stage.given
        self.come_in()
        self.sign_in_and_fail()
        self.make_keys()
        self.make_webhooks(stack)
        self.make_a_hook()
        self.run_a_task()
        self.say_it_in_the_wrong_place()
        self.lose_redis()

    def come_in(self) -> None:
        """The first administrator by `bootstrap`; the others by reset links."""
        bootstrap = self.stage.command("bootstrap", "--json")
        output = self.stage.folder / "shown-once"
        bootstrap.start(output=output)
        assert bootstrap.process is not None and bootstrap.process.wait(60) == 0, output.read_text()
        first = json.loads(output.read_text().splitlines()[-1])
        self.secret("first password", first["password"])
        self.sign_in(first["username"], first["password"], called="root")
        self.ask("POST", "tenants/", "root", 201, json={"slug": "rivals", "name": "Rivals"})
        for name, role in PEOPLE.items():
            made = self.ask("POST", "users/", "root", 201, json={"username": name}).json()
            password = self.secret(f"password of {name}")
            link = self.secret(f"reset link of {name}", made["reset_url"].partition("#")[2])
            self.ask("POST", "auth/reset-password/", "", 204, json={"token": link, "new": password})
            tenant = "rivals" if name == "mallory" else "default"
            self.ask("POST", "memberships/", "root", 201, json={"username": name, "tenant": tenant, "role": role})
            self.sign_in(name, password)
        vera = self.ask("GET", "users/?search=vera", "root", 200).json()["results"][0]["id"]
        open_link = self.ask("POST", f"users/{vera}/reset-link/", "root", 201).json()["url"]
        self.secret("reset link that nobody used", open_link.partition("#")[2])

    def sign_in(self, name: str, password: str, called: str = "") -> None:
        body = {"username": name, "password": password}
        self.tokens[called or name] = self.secret(
            f"token of {name}", self.ask("POST", "auth/login/", "", 200, json=body).json()["token"]
        )

    def sign_in_and_fail(self) -> None:
        wrong = self.secret("wrong password")
        self.ask("POST", "auth/login/", "", 401, json={"username": "otto", "password": wrong})
        self.ask("POST", "auth/login/", "", 401, json={"username": "nobody", "password": wrong})
        self.ask("POST", "auth/password/", "otto", 422, json={"current": wrong, "new": canary("unused")})
        short = self.secret("refused password", canary("x")[:11])
        known = next(one.text for one in self.sown if one.name == "password of otto")
        self.ask("POST", "auth/password/", "otto", 422, json={"current": known, "new": short})
        new = self.secret("new password of otto")
        self.ask("POST", "auth/password/", "otto", 204, json={"current": known, "new": new})
        first = next(one.text for one in self.sown if one.name == "first password")
        self.browser.base_url = httpx.URL(f"http://127.0.0.1:{self.stage.port}")
        self.browser.timeout = httpx.Timeout(60)
        self.browser.get("/admin/login/")
        form = {"username": "admin", "password": first, "csrfmiddlewaretoken": self.browser.cookies["csrftoken"]}
        assert self.browser.post("/admin/login/?next=/admin/", data=form).status_code == 302
        self.secret("session cookie", self.browser.cookies["ips_session"])

    def make_keys(self) -> None:
        key = self.ask("POST", "api-keys/", "anna", 201, json={"name": "ci", "scopes": ["tasks", "manage"]}).json()
        self.tokens["a key"] = key["key"]
        self.ask("GET", "tasks/", "a key", 200)
        again = self.ask("POST", f"api-keys/{key['id']}/rotate/", "anna", 201).json()
        for number, text in enumerate((key["key"], again["key"])):
            self.secret(f"API key {number}", text)
            self.secret(f"secret of API key {number}", text.rpartition("_")[2])
        self.tokens["wrong"] = self.secret("wrong API key", KeyText.new().text)
        self.ask("GET", "tasks/", "wrong", 401)
        headers = {"Idempotency-Key": "canary"}
        kept = self.ask("POST", "api-keys/", "anna", 201, json={"name": "again"}, headers=headers).json()
        self.secret("API key that was asked for again", kept["key"])
        self.ask("POST", "api-keys/", "anna", 409, json={"name": "again"}, headers=headers)

    def make_webhooks(self, stack: ExitStack) -> None:
        """Of every kind: one that listens, one that says no, one that is not there. Addresses are secrets."""
        for kind in ("generic", "slack", "dingtalk"):
            for state in ("good", "bad", "away"):
                receiver = stack.enter_context(Receiver())
                said = b'{"errcode": 0}' if kind == "dingtalk" else b"ok"
                receiver.says(*((500, b"no") if state == "bad" else (200, said)))
                self.receivers.append(receiver)
                origin = f"http://127.0.0.1:{free_port()}" if state == "away" else receiver.url.removesuffix("/hook")
                self.make_webhook(kind, state, origin)

    def make_webhook(self, kind: str, state: str, origin: str) -> None:
        name = f"{state} {kind}"
        path = self.secret(f"path of {name}", of_a_webhook=True)
        token = self.secret(f"query of {name}", of_a_webhook=True)
        wish = {"name": name, "kind": kind, "url": f"{origin}/{path}?access_token={token}x"}
        if kind == "generic":
            wish["secret"] = self.secret(f"secret of {name}", new_secret(), of_a_webhook=True)
        if kind == "dingtalk":
            wish["secret"] = self.secret(f"secret of {name}", f"SEC{canary('dingtalk')}", of_a_webhook=True)
        made = self.ask("POST", "webhooks/", "anna", 201, json=wish).json()
        if kind == "generic":
            rotated = self.ask("POST", f"webhooks/{made['id']}/rotate/", "anna", 200, json={"overlap_hours": 1}).json()
            self.secret(f"next secret of {name}", rotated["secret"], of_a_webhook=True)
        if state == "good":
            wish["url"] += self.secret(f"changed address of {name}", of_a_webhook=True) + "y"
            self.ask("PATCH", f"webhooks/{made['id']}/", "anna", 200, json={"url": wish["url"]})
        self.ask("POST", f"webhooks/{made['id']}/test/", "anna", 202)

    def make_a_hook(self) -> None:
        """A registry tells of pushes, with the right secret and wrong ones, before and after both are changed."""
        rule = {"repositories": "team/**", "task": {"all_nodes": True}}
        wish = {"name": "Registry", "kind": "distribution", "registry": "registry.example.com", "rules": [rule]}
        made = self.ask("POST", "registry-hooks/", "anna", 201, json=wish).json()
        more = {"token": True, "secret": True, "overlap_hours": 1}
        again = self.ask("POST", f"registry-hooks/{made['id']}/rotate/", "anna", 200, json=more).json()
        wrong = self.secret("wrong secret of the hook")
        for number, shown in enumerate((made, again)):
            token, secret = (self.secret(f"{part} of hook {number}", shown[part]) for part in ("token", "secret"))
            for given, expect in ((secret, 202), (wrong, 401)):
                headers = {"Authorization": f"Bearer {given}"}
                self.ask("POST", f"hooks/{token}/", "", expect, json={"events": [event()]}, headers=headers)
        self.ask("POST", f"hooks/{self.secret('wrong token of a hook')}/", "", 0, json={"events": [event()]})

    def run_a_task(self) -> None:
        wish = {"name": f"{PLANTED} task", "images": [f"faults/{PLANTED}:1"], "all_nodes": True}
        wish["pull_secrets"] = ["regcred"]  # a name, and no secret: IPS never sees what it holds
        self.ask("POST", "image-lists/", "otto", 201, json={"name": f"{PLANTED} list", "images": wish["images"]})
        task = self.ask("POST", "tasks/", "anna", 202, json=wish, headers={"Idempotency-Key": "task"}).json()["id"]

        def over() -> bool:
            self.pods += self.stage.pull_jobs()
            return bool(self.ask("GET", f"tasks/{task}/", "anna", 200).json()["finished_at"])

        self.stage.until(over, "the task to end")
        self.stage.until(none_waits, "everybody to be told")

    def say_it_in_the_wrong_place(self) -> None:
        """Where no secret should be, and people put it all the same."""
        text = self.secret("pasted secret")
        self.ask("GET", f"tasks/?password={text}", "anna", 400)
        self.ask("GET", f"tasks/?search={text}", "anna", 200)
        self.ask("POST", "auth/login/", "", 422, json={"username": "anna", "pasword": text})
        self.ask("POST", "auth/login/", "", 422, json={"username": "anna", "password": [text]})
        self.ask(
            "POST",
            "auth/login/",
            "",
            400,
            content=f'{{"username": "anna", "password": "{text}"',
            headers={"Content-Type": "application/json"},
        )
        basic = base64.b64encode(f"anna:{text}".encode()).decode()
        self.secret("password of Basic", basic)
        for header in (f"Basic {basic}", f"Bearer {text}", f"Token {text}", f"Bearer ips_{text}"):
            self.ask("GET", "tasks/", "", 401, headers={"Authorization": header})
        self.ask("GET", "tasks/", "", 401, headers={"Cookie": f"ips_session={text}"})
        self.ask("POST", "auth/reset-password/", "", 410, json={"token": text[:100], "new": canary("unused")})
        self.ask("POST", "webhooks/", "anna", 422, json={"name": "x", "kind": "generic", "url": f"http://u:{text}@h/"})
        self.ask(
            "POST", "webhooks/", "anna", 422, json={"name": "x", "kind": "slack", "url": f"https://evil.example/{text}"}
        )
        self.ask("GET", f"{PLANTED}/", "anna", 404)

    def lose_redis(self) -> None:
        """Errors about it are logged; its address has a password."""
        self.stage.kill_server("valkey", self.stage.valkey)
        self.stage.until(lambda: "redis" in self.stage.not_ready(), "IPS to say so")
        self.stage.ask(node_names=["nobody"])
        doctor = self.stage.command("doctor")
        doctor.start()
        assert doctor.process is not None and doctor.process.wait(120) == 1
        self.stage.valkey.start()
        self.stage.make_whole()
