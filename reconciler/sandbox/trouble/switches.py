"""List what nobody knows about the vendors, each with the readings that the sandbox can play."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class SwitchError(ValueError):
    """A switch that does not exist or cannot be set so."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One unknown. No choices means: any positive whole number."""

    default: str
    choices: tuple[str, ...]
    description: str
    fact: str


_UNKNOWN = "U: "

GENERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"galtea": ("4", "5"), "opencopilot": ("2024-09", "2026")}
)
"""The generations of an API that can be played, the one of the vendor page we start from first."""

SWITCHES: Mapping[str, Switch] = MappingProxyType(
    {
        "galtea-generation": Switch(
            "4",
            GENERATIONS["galtea"],
            "which generation the worlds speak that name none: 5 has no voice, no language and no voices route",
            "the vendor page we start from is of 4",
        ),
        "galtea-unknown-fields": Switch(
            "ignored",
            ("ignored", "400"),
            "what a field that the generation does not know, such as voice in 5, does in a PATCH body",
            _UNKNOWN + "validation of unknown fields",
        ),
        "galtea-soft-deleted": Switch(
            "404",
            ("404", "readable"),
            "whether a soft-deleted object can still be read and written by its id",
            "hidden from lists D, by id unknown",
        ),
        "galtea-empty-voice": Switch(
            "null",
            ("null", "echoed"),
            'how voice "" is shown after it was written',
            'null and "" both mean the default voice (D)',
        ),
        "galtea-null-api-key": Switch(
            "clears",
            ("clears", "ignored", "400"),
            "what null does in the apiKey of a WebRTC connection",
            _UNKNOWN + "clearing apiKey",
        ),
        "galtea-patch": Switch(
            "partial",
            ("partial", "strict"),
            "whether PATCH takes changed fields only, or demands the documented-required ones",
            "documented required, its own client sends changed keys only (M)",
        ),
        "galtea-patch-answer": Switch(
            "object",
            ("object", "204", "id"),
            "what a committed PATCH answers",
            "object D; sibling resources 204 or {id} (I)",
        ),
        "galtea-duplicate-name": Switch(
            "400",
            ("400", "409"),
            "status for a name that its product already has",
            "400 for siblings D, 409 in newer operations",
        ),
        "galtea-max-limit": Switch(
            "10000",
            (),
            "the largest page that the server gives, whatever limit asks for",
            _UNKNOWN + "maximum of limit",
        ),
        "galtea-read-only": Switch(
            "ignored",
            ("ignored", "written"),
            "what userId and createdAt in a PATCH body do",
            _UNKNOWN + "they are listed in the body schema",
        ),
        "fluents-example-context": Switch(
            "replace",
            ("replace", "merge"),
            "what an object in example_context does to the keys that it does not name",
            _UNKNOWN + "merge rule",
        ),
        "fluents-empty-object": Switch(
            "no-change",
            ("no-change", "clears"),
            "what {} does in a field of an update body",
            "no change in the ancestor (M)",
        ),
        "fluents-type": Switch(
            "demanded",
            ("demanded", "optional"),
            "whether type must travel with each update of an action, a voice or an account connection",
            "optional D, its ancestor's client always sends it (M)",
        ),
        "fluents-nested": Switch(
            "replace",
            ("replace", "merge"),
            "what config, credentials, action_trigger and other maps do to the keys that they do not name",
            _UNKNOWN + "merge rule",
        ),
        "fluents-null": Switch(
            "ignored",
            ("ignored", "clears", "400"),
            "what null in an update body does",
            _UNKNOWN + "null semantics",
        ),
        "fluents-list-references": Switch(
            "ids",
            ("ids", "objects"),
            "how references look in the list of numbers",
            _UNKNOWN + "shape of the list's entries",
        ),
        "fluents-agent-references": Switch(
            "objects",
            ("objects", "ids"),
            "how references look in the list of agents and in the answer of an agent's update",
            "objects in the list D, ids in the ancestor's list (I)",
        ),
        "fluents-empty-reference": Switch(
            "null",
            ("null", "absent"),
            "how an agent shows a reference that points nowhere",
            _UNKNOWN + "webhook may be absent or null",
        ),
        "fluents-keyword-values": Switch(
            "as-sent",
            ("as-sent", "text"),
            "how the values of deepgram_keywords are kept",
            "text in a sample D, numbers in the ancestor (I)",
        ),
        "fluents-subscriptions": Switch(
            "as-sent",
            ("as-sent", "sorted"),
            "in which order a webhook keeps its subscriptions",
            _UNKNOWN + "order of a set",
        ),
        "fluents-credentials": Switch(
            "clear",
            ("clear", "masked"),
            "how credentials, api keys and signature secrets are shown, at whatever depth",
            "shown in clear D, masking U",
        ),
        "fluents-unknown-fields": Switch(
            "ignored",
            ("ignored", "400"),
            "what a field that is not writable does in an update body",
            _UNKNOWN + "validation of unknown fields",
        ),
        "opencopilot-generation": Switch(
            "2024-09",
            GENERATIONS["opencopilot"],
            "which generation the worlds speak that name none: 2026 lists whole agents and answers them",
            "the vendor page we start from is of 2024",
        ),
        "opencopilot-language": Switch(
            "list",
            ("list", "text", "lists"),
            "language of 2026: written as text and read as a list of one, text both ways, or a list both ways",
            "text on the PATCH page, list on the list page (D)",
        ),
        "opencopilot-null": Switch(
            "clears",
            ("clears", "ignored", "400"),
            "what null does in an update body of 2026",
            _UNKNOWN + "null semantics",
        ),
        "opencopilot-unknown-fields": Switch(
            "ignored",
            ("ignored", "400"),
            "what a field that is not writable does in an update body of 2026",
            _UNKNOWN + "validation of unknown fields",
        ),
        "opencopilot-patch-answer": Switch(
            "object",
            ("object", "empty"),
            "what a committed PATCH of 2026 answers",
            "the whole agent D, nothing in the pages of 2025",
        ),
        "opencopilot-page-size": Switch("20", (), "phones on a page of the list", _UNKNOWN + "page size"),
        "opencopilot-unknown-id": Switch(
            "404",
            ("404", "500"),
            "status of a PATCH on a phone that does not exist",
            _UNKNOWN + "only 200 and 500 are declared",
        ),
        "opencopilot-max-duration": Switch(
            "free",
            ("free", "21600"),
            "whether the maximum of call_max_duration holds for updates too",
            "21600 documented for buying only",
        ),
        "polyai-null": Switch(
            "400",
            ("400", "ignored", "clears"),
            "what null does in asrLangCode, voiceName and projectId",
            _UNKNOWN + "null for the three others",
        ),
        "polyai-empty-string": Switch(
            "400",
            ("400", "ignored", "clears"),
            'what "" does in a connector\'s update',
            _UNKNOWN + '"" in a request',
        ),
        "polyai-main-behavior": Switch(
            "refused",
            ("refused", "written"),
            "whether the prompt of an agent can be written on its branch main",
            _UNKNOWN + "variants cannot (D)",
        ),
        "polyai-attribute-values": Switch(
            "replace",
            ("replace", "merge"),
            "what the values of a variant do to the attributes that they do not name",
            _UNKNOWN + "merge rule",
        ),
        "polyai-number-environment": Switch(
            "free",
            ("free", "must-agree"),
            "whether a number and its connector must serve the same environment",
            _UNKNOWN + "clientEnv of a number",
        ),
        "polyai-batch-limit": Switch(
            "25", (), "entries that one batch may carry, more are refused", _UNKNOWN + "size limit of a batch"
        ),
        "polyai-wrong-region": Switch(
            "401", ("401", "404"), "what a key of another region gets", "401, or 404 for what exists (D)"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Switches:
    """Hold how every switch is set."""

    positions: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the position of a switch."""
        return self.positions[name]

    def count(self, name: str) -> int:
        """Return the position of a switch that is a number."""
        return int(self.positions[name])


def set_switches(settings: Mapping[str, object]) -> Switches:
    """Set the named switches and leave the others at their defaults.

    Raises SwitchError, with the names or positions that exist.
    """
    chosen = {name: _check_position(name, str(position)) for name, position in settings.items()}
    return Switches({**{name: switch.default for name, switch in SWITCHES.items()}, **chosen})


def _check_position(name: str, position: str) -> str:
    if name not in SWITCHES:
        msg = f"no switch is called {name!r}; there are {', '.join(SWITCHES)}"
        raise SwitchError(msg)
    choices = SWITCHES[name].choices
    if choices and position not in choices:
        msg = f"switch {name} cannot be {position!r}; choose {' or '.join(choices)}"
        raise SwitchError(msg)
    if not choices and not (position.isdecimal() and int(position) > 0):
        msg = f"switch {name} takes a positive whole number, not {position!r}"
        raise SwitchError(msg)
    return position
