"""A plan: what would be sent to make live what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.exemption import Ignored
from reconciler.model.paths import MISSING, FieldPath, Json, Missing
from reconciler.model.resource_type import Identity


class Cause(StrEnum):
    """Who made declared and live differ (the truth table stands in docs/attribution.md)."""

    CONFIG = "config"
    DRIFT = "drift"
    CONFLICT = "conflict"
    UNATTRIBUTED = "unattributed"
    UNVERIFIABLE = "unverifiable"


class Status(StrEnum):
    """What a plan says of one resource."""

    IN_SYNC = "in_sync"
    UPDATE = "update"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Subject(StrEnum):
    """What a plan was asked: what applying would do, or what moved outside git."""

    PLAN = "plan"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan was narrowed to. `left_out` counts the declared resources that it did not look at."""

    targets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    left_out: int = 0
    since: str = ""
    """What was asked for as `--since`: a plan of resources that come to something else than at that commit."""
    since_commit: str = ""
    """The commit that this named at the time."""
    plans: int = 0
    """How many plans it was put together from; then only `left_out` tells what they were narrowed to."""

    @property
    def narrow(self) -> bool:
        """Tell whether anything was chosen."""
        return bool(self.targets or self.accounts or self.excluded or self.since or self.plans)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the options of the command line that choose the same."""
        chosen = [f"--target {name}" for name in self.targets] + [f"--account {name}" for name in self.accounts]
        chosen += [f"--exclude {name}" for name in self.excluded]
        return (*chosen, *([f"--since {self.since}"] if self.since else []))


EVERYTHING = Scope()
"""What a plan looks at where nothing was chosen."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `before` is MISSING where the API cannot be read back; both are in normal form."""

    path: FieldPath
    before: Json | Missing
    after: Json
    cause: Cause = Cause.UNATTRIBUTED
    location: Location | None = None
    risk: str = ""
    secret: bool = False
    last_applied: Json | Missing = MISSING
    owners: tuple[str, ...] = ()
    """The resources whose value `after` is: by a reference, or because a plain id is theirs."""
    owner_before: str = ""
    """The resource whose value `before` is."""
    undone_by: str = ""
    """The run that took this very change back, while git still declares it."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """A field that the vendor changes because of a change of another one (`source`); MISSING where only it knows into what."""

    path: FieldPath
    before: Json
    after: Json | Missing
    source: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Which objects use the changed one, directly or through others: kind and names, nearest kind first.

    Only what the project declares was looked at: others at the vendor may use it too.
    """

    users: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One write, ready to send: absolute URL, JSON body. `companions` are body fields sent only because the API demands them."""

    method: str
    url: str
    body: Mapping[str, Json]
    companions: tuple[str, ...] = ()
    batch: str = ""
    """URL of the request that carries the body as one entry, beside other updates; empty where it travels alone."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A live value of another resource that goes into an update: it must still be so when the update is written."""

    address: str
    provider: str
    account: str
    kind: str
    identity: Identity
    """Where the other object was found."""
    path: FieldPath
    part: str
    """The identity part that was taken; empty where it was the field at `path`."""
    value: Json
    match: Mapping[str, str] = field(default_factory=dict)
    """The natural keys that the other object was found by: it must still have them."""
    into: FieldPath = ()
    """The field of `spec` that it went into; empty for `id` and `match`."""
    generation: str = ""
    """The setting `api` of the other object's account, empty for the default."""


@dataclass(frozen=True, slots=True)
class Update:
    """All changes of one resource and the request that carries them."""

    address: str
    provider: str
    account: str
    kind: str
    identity: Identity
    changes: tuple[Change, ...]
    request: Request
    location: Location
    label: str = ""
    risks: tuple[str, ...] = ()
    """Why this update is high risk: one sentence each; empty where it is not."""
    protected: bool = False
    generation: str = ""
    """The setting `api` of its account, empty for the default."""
    follows: tuple[str, ...] = ()
    """The resources that it takes values from, directly or through others, the nearest first: it is sent after theirs."""
    taken: tuple[Taken, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    reach: Reach | None = None
    """None for an object that nothing else can use."""

    @property
    def causes(self) -> frozenset[Cause]:
        """Collect the causes of all changes."""
        return frozenset(change.cause for change in self.changes)


@dataclass(frozen=True, slots=True)
class Planned:
    """The verdict on one resource."""

    address: str
    status: Status
    account: str = ""
    reason: str = ""
    through: str = ""
    """The resource that it takes a value from, where that one is the reason for the status."""


@dataclass(frozen=True, slots=True)
class CallNode:
    """A stop on a call's way: a phone connection, number, agent, connector, or a thing we only know by id."""

    key: str
    kind: str
    provider: str
    label: str
    phone_number: str = ""
    touched: bool = False
    address: str = ""
    """The declared resource that it is; empty where it is only known by number or id."""


DIALS = "dials"
"""The way by which a test caller reaches a number."""


@dataclass(frozen=True, slots=True)
class CallEdge:
    """A call goes from one stop to the next. `label` says by what: dials, answers, hands over."""

    source: str
    target: str
    label: str = ""
    gone: bool = False
    """Whether calls go this way until now, and no more after the plan."""


@dataclass(frozen=True, slots=True)
class CallGraph:
    """Which number reaches which agent through which connector and phone connection."""

    nodes: tuple[CallNode, ...] = ()
    edges: tuple[CallEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """What a saved plan holds true only for."""

    configuration: str = ""
    schemas: str = ""
    tool_version: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Account -> base URL."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All updates and verdicts, in order of declaration. `created_at` is ISO 8601 in UTC."""

    created_at: str
    updates: tuple[Update, ...]
    resources: tuple[Planned, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    environment: str | None = None
    binding: Binding = field(default_factory=Binding)
    calls: CallGraph = CallGraph()
    ignored: tuple[Ignored, ...] = ()
    """What differs where git says to leave it for a while; never sent."""
    forecast_requests: int = 0
    """How many writes `apply` would send: fewer than updates where a batch carries several."""
    subject: Subject = Subject.PLAN
    scope: Scope = EVERYTHING
    project: str = ""
    """The project's folder in the repository that CI checked out; empty for its top, and outside of CI."""

    def count(self, status: Status) -> int:
        """Count the resources with a status."""
        return sum(planned.status is status for planned in self.resources)

    def count_cause(self, cause: Cause) -> int:
        """Count the updates with at least one change of a cause."""
        return sum(cause in update.causes for update in self.updates)
