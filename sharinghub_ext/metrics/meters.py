"""Which numbers of the hub are counted, by which labels; none of them names a project, a person or a token."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

# Source: https://docs.gitlab.com/user/project/integrations/webhook_events, https://docs.gitlab.com/administration/system_hooks
_EVENTS: Final = frozenset(
    {
        *("push", "tag_push", "repository_update", "release", "wiki_page", "emoji", "feature_flag", "access_token"),
        *("issue", "note", "merge_request", "pipeline", "build", "deployment", "work_item", "vulnerability"),
        *(f"project_{done}" for done in ("create", "destroy", "rename", "transfer", "update")),
        *(f"group_{done}" for done in ("create", "destroy", "rename")),
        *(f"subgroup_{done}" for done in ("create", "destroy")),
        *(f"user_{done}" for done in ("create", "destroy", "rename", "failed_login", "access_request_to_group")),
        *(f"user_{done}_group" for done in ("add_to", "remove_from", "update_for")),
        *(f"user_{done}_team" for done in ("add_to", "remove_from", "update_for")),
        *("key_create", "key_destroy", "gitlab_subscription_member_approval"),
    }
)
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """The counters of one hub, in a registry of their own: two hubs in one process share nothing."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "sharinghub_requests",
            "Requests answered but hooks, by the route as declared (`unknown` where none fits).",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.limited = Counter(
            "sharinghub_limited_requests",
            "Requests refused by 429, since their client address sent more than SHARINGHUB_REQUESTS_PER_MINUTE.",
            registry=self.registry,
        )
        self.latency = Histogram(
            "sharinghub_request_seconds",
            "Seconds until the last byte of an answer was sent.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sent = Counter(
            "sharinghub_sent_bytes",
            "Bytes of answers' bodies, by route: those under /dvc and /assets are downloads.",
            ["route"],
            registry=self.registry,
        )
        self.received = Counter(
            "sharinghub_received_bytes",
            "Bytes of requests' bodies, by route: those under /dvc are uploads.",
            ["route"],
            registry=self.registry,
        )
        self.gitlab_calls = Counter(
            "sharinghub_gitlab_calls",
            "Answers of GitLab to the hub, by whose token asked (`service`, `viewer`) and class of status.",
            ["token", "status"],
            registry=self.registry,
        )
        self.gitlab_remaining = Gauge(
            "sharinghub_gitlab_budget_remaining",
            "Calls that GitLab's rate limit still allows the service token, as it said last (RateLimit-Remaining).",
            registry=self.registry,
        )
        self.hooks = Counter(
            "sharinghub_hooks",
            "Deliveries of GitLab's hooks, by event and outcome (`new`, `repeated`, `ignored`, `foreign`, `refused`).",
            ["event", "outcome"],
            registry=self.registry,
        )
        self.sweeps = Counter(
            "sharinghub_sweeps",
            "Comparisons of the whole index with GitLab, by outcome (`done`, `failed`).",
            ["outcome"],
            registry=self.registry,
        )
        self.sweep_changes = Counter(
            "sharinghub_sweep_projects",
            "Projects that sweeps looked at, by what they found or did; `failed` could not be read.",
            ["change"],
            registry=self.registry,
        )

    def swept(self, counts: Mapping[str, int], failed: int) -> None:
        """Count a sweep that ended, with what it found."""
        self.sweeps.labels("done").inc()
        for change, count in {**counts, "failed": failed}.items():
            self.sweep_changes.labels(change).inc(count)

    def hook_received(self, event: str, outcome: str) -> None:
        """Count a delivery; an event that GitLab does not document counts as `other`."""
        self.hooks.labels(event if event in _EVENTS else "other", outcome).inc()

    def gitlab_answered(self, token: str, status: int, headers: Mapping[str, str]) -> None:
        """Count an answer of GitLab to a question with this kind of token: `service` or `viewer`."""
        self.gitlab_calls.labels(token, f"{status // 100}xx").inc()
        remaining = headers.get("RateLimit-Remaining", "")
        if token == "service" and remaining.isdecimal():  # noqa: S105
            self.gitlab_remaining.set(int(remaining))
