"""When a hook is called and how: in order, each call recorded, failing hooks rested as GitLab rests them."""

from __future__ import annotations

import base64
import fnmatch
import hmac
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Condition, Thread
from typing import Any

import httpx

from gitlab_hooks.standin.model import Hook
from stac_ext.clock import Clock

VERSION = "18.5.0"
TIMEOUT = 10.0
# https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
FAILURES_BEFORE_REST, FAILURES_BEFORE_END = 4, 40
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=24)
EVENT_HEADERS = {
    "push": "Push Hook",
    "tag_push": "Tag Push Hook",
    "release": "Release Hook",
    "member": "Member Hook",
    "subgroup": "Subgroup Hook",
    "project": "Project Hook",
}


@dataclass
class Delivery:
    """One call of one hook. `status` is None until it was answered; `error` says why it was not."""

    hook: Hook
    event: str
    payload: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    error: str | None = None
    done: bool = False


class HookSender:
    """Delivers payloads in the order they came."""

    def __init__(self, clock: Clock) -> None:
        self.deliveries: list[Delivery] = []
        self.external_url = ""
        self.auto_disable = True
        self._clock = clock
        self._waiting: deque[Delivery] = deque()
        self._open = 0
        self._changed = Condition()
        self._thread: Thread | None = None

    def send(self, hook: Hook, event: str, payload: dict[str, Any]) -> Delivery:
        """Queue one delivery; `event` is a key of `EVENT_HEADERS` or the system hook's event name."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"GitLab/{VERSION}",
            "Idempotency-Key": str(uuid.uuid4()),
            "X-Gitlab-Event": "System Hook" if hook.is_of_system else EVENT_HEADERS[event],
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Instance": self.external_url,
            "X-Gitlab-Event-UUID": str(uuid.uuid4()),
        }
        if hook.token:
            headers["X-Gitlab-Token"] = hook.token
        delivery = Delivery(hook, event, payload, headers)
        with self._changed:
            self.deliveries.append(delivery)
            self._waiting.append(delivery)
            self._open += 1
            if self._thread is None:
                self._thread = Thread(target=self._run, name="standin-hooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return delivery

    def executable(self, hook: Hook) -> bool:
        """Whether a hook is called now. System hooks are never rested (WebHooks::Unstoppable)."""
        return self.status(hook) == "executable"

    def status(self, hook: Hook) -> str:
        """GitLab's `alert_status`."""
        if hook.is_of_system or not self.auto_disable:
            return "executable"
        if hook.failures >= FAILURES_BEFORE_END:
            return "disabled"
        rested = hook.disabled_until is not None and hook.disabled_until > self._clock.now()
        return "temporarily_disabled" if rested else "executable"

    def drain(self, timeout: float = 10.0) -> None:
        """Wait until everything queued so far and meanwhile was delivered; TimeoutError when it takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._open == 0, timeout):
                raise TimeoutError(f"{self._open} hook deliveries are still open after {timeout} s")

    def wait_for(self, delivery: Delivery, timeout: float = TIMEOUT + 5) -> None:
        """Wait until one delivery was answered or failed."""
        with self._changed:
            self._changed.wait_for(lambda: delivery.done, timeout)

    def _run(self) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            while True:
                with self._changed:
                    if not self._waiting:
                        # Nothing left: the next event starts a thread of its own, so that an idle world holds none.
                        self._thread = None
                        return
                    delivery = self._waiting.popleft()
                self._deliver(client, delivery)
                with self._changed:
                    delivery.done = True
                    self._open -= 1
                    self._changed.notify_all()

    def _deliver(self, client: httpx.Client, delivery: Delivery) -> None:
        hook = delivery.hook
        try:
            body = json.dumps(delivery.payload).encode()
            if hook.signing_token:
                delivery.headers |= _signed(hook.signing_token, delivery.headers["Idempotency-Key"], body, self._clock)
            answer = client.post(hook.url, content=body, headers=delivery.headers)
            delivery.status = answer.status_code
            answered = answer.status_code < 400
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            delivery.error = f"{type(error).__name__}: {error}"
            answered = False
        if answered:
            hook.failures = hook.backoffs = 0
            hook.disabled_until = None
            return
        hook.failures += 1
        if hook.failures >= FAILURES_BEFORE_REST:
            rest = min(FIRST_REST * 2**hook.backoffs, LONGEST_REST) if hook.backoffs < 16 else LONGEST_REST
            hook.backoffs += 1
            hook.disabled_until = self._clock.now() + rest


def _signed(secret: str, identity: str, body: bytes, clock: Clock) -> dict[str, str]:
    """The Standard Webhooks headers that a hook with a signing token has (`whsec_` and the key in base64)."""
    moment = str(int(clock.now().timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{identity}.{moment}.".encode() + body, "sha256")
    return {
        "webhook-id": identity,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def branch_wanted(hook: Hook, branch: str) -> bool:
    """Whether a hook's branch filter lets a branch through (`*` is a wildcard)."""
    return not hook.push_events_branch_filter or fnmatch.fnmatchcase(branch, hook.push_events_branch_filter)
