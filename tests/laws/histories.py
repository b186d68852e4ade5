"""Random histories of a project: each state as files, and what it comes to as a naive model has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

VOICES = ("jack", "sarah", "${var.FIRST}", "${var.SECOND}")
NAMES = (
    "Line ${place}",
    "${file:texts/one.md}",
    "${file:texts/two.md}",
    "${phone_connections.root.voice} line",
    "${var.FIRST}",
)
LABELS = ("desk", "night")
"""Of prompts that are live; which of them a resource is found by decides what an agent takes from it."""
AGENT = "550e8400-e29b-41d4-a716-446655440000"
PROMPTS = {
    "desk": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "night": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
}


@dataclass(frozen=True)
class Line:
    """A phone connection: which one is live, what it declares, and which file it stands in."""

    place: int
    voice: str = "jack"
    name: str = "Line ${place}"
    file: str = "north/lines.yaml"
    laid: str = ""
    """The voice that the environment lays over it, `absent` where it has none of it."""


@dataclass(frozen=True)
class State:
    """A project at one time."""

    lines: Mapping[str, Line]
    variables: Mapping[str, str] = field(default_factory=lambda: {"FIRST": "jack", "SECOND": "sarah"})
    texts: Mapping[str, str] = field(default_factory=lambda: {"one": "One", "two": "Two"})
    found_by: str = "desk"
    clear: str = "refuse"
    pace: int = 600_000

    @property
    def declared(self) -> dict[str, Line]:
        return {name: line for name, line in self.lines.items() if line.laid != "absent"}

    def write(self) -> dict[str, str]:
        """Return the files; JSON is YAML, and leaves no scalar to doubt."""
        accounts = {
            "galtea": {"clear": self.clear, "requests_per_minute": self.pace},
            "fluents": {"requests_per_minute": 600_000},
        }
        agents = {
            "agents": {"desk": {"id": AGENT, "spec": {"prompt": "${prompts.desk.id}"}}},
            "prompts": {"desk": {"match": {"label": self.found_by}, "spec": {"content": "${file:texts/one.md}"}}},
        }
        files: dict[str, dict[str, Any]] = {
            "reconciler.yaml": {"version": 1, "environment": "world", "accounts": accounts},
            "environments/world.yaml": {"vars": dict(self.variables), "resources": self._lay()},
            "agents.yaml": agents,
        }
        for name, line in self.lines.items():
            spec = {"voice": line.voice, "name": line.name.replace("${place}", str(line.place))}
            kept = files.setdefault(line.file, {"phone_connections": {}})
            kept["phone_connections"][name] = {"id": f"pc_{line.place}", "spec": spec}
        written = {name: json.dumps(content, indent=1) for name, content in files.items()}
        return written | {f"texts/{name}.md": text + "\n" for name, text in self.texts.items()}

    def _lay(self) -> dict[str, Any]:
        return {
            f"phone_connections.{name}": "absent" if line.laid == "absent" else {"spec": {"voice": line.laid}}
            for name, line in self.lines.items()
            if line.laid
        }

    def resolve(self) -> dict[str, object]:
        """Return what each resource comes to, by address."""
        found: dict[str, object] = {
            "prompts.desk": ("fluents", self.found_by, self.texts["one"]),
            "agents.desk": ("fluents", AGENT, PROMPTS[self.found_by]),
        }
        for name, line in self.declared.items():
            spec = (self._find_voice(name), self._fill(line.name.replace("${place}", str(line.place))))
            found[f"phone_connections.{name}"] = ("galtea", self.clear, line.place, spec)
        return found

    def _find_voice(self, name: str) -> str:
        line = self.lines[name]
        return self._fill(line.laid or line.voice)

    def _fill(self, text: str) -> str:
        for name, value in self.variables.items():
            text = text.replace(f"${{var.{name}}}", value)
        for name, value in self.texts.items():
            text = text.replace(f"${{file:texts/{name}.md}}", value)
        return text.replace("${phone_connections.root.voice}", self._find_voice("root") if "root.voice" in text else "")


START = State({"root": Line(0, voice="${var.FIRST}"), **{f"line-{place}": Line(place) for place in range(1, 4)}})

Edit = Callable[[State], State]


def _change_line(line_name: str, **more: Any) -> Edit:
    def edit(state: State) -> State:
        if line_name not in state.lines:
            return state
        line = replace(state.lines[line_name], **more)
        if line_name == "root" and ("root.voice" in line.name or line.laid == "absent"):
            return state  # a circle; a line that others take their name from
        return replace(state, lines={**state.lines, line_name: line})

    return edit


def _rename(name: str, other: str) -> Edit:
    def edit(state: State) -> State:
        if name not in state.lines or other in state.lines:
            return state
        lines = {other if each == name else each: line for each, line in state.lines.items()}
        return replace(state, lines=lines)

    return edit


def _remove(name: str) -> Edit:
    return lambda state: replace(state, lines={each: line for each, line in state.lines.items() if each != name})


def _add(place: int) -> Edit:
    def edit(state: State) -> State:
        taken = {line.place for line in state.lines.values()}
        if place in taken or f"new-{place}" in state.lines:
            return state
        return replace(state, lines={**state.lines, f"new-{place}": Line(place, voice="sarah")})

    return edit


def _set(name: str, key: str, value: str) -> Edit:
    return lambda state: replace(state, **{name: {**getattr(state, name), key: value}})  # type: ignore[arg-type]


def _replace(**more: Any) -> Edit:
    return lambda state: replace(state, **more)


_names = st.sampled_from([f"line-{place}" for place in range(1, 4)])
_edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(lambda name, voice: _change_line(name, voice=voice), _names | st.just("root"), st.sampled_from(VOICES)),
    st.builds(lambda name, text: _change_line(name, name=text), _names | st.just("root"), st.sampled_from(NAMES)),
    st.builds(lambda name, file: _change_line(name, file=file), _names, st.sampled_from(["south/a.yml", "all.yaml"])),
    st.builds(
        lambda name, laid: _change_line(name, laid=laid),
        _names | st.just("root"),
        st.sampled_from(["", "sarah", "${var.SECOND}", "absent"]),
    ),
    st.builds(_rename, _names, st.sampled_from(["line-9", "line-1"])),
    st.builds(_remove, _names),
    st.builds(_add, st.integers(4, 5)),
    st.builds(lambda key, value: _set("variables", key, value), st.sampled_from(["FIRST", "SECOND"]), st.sampled_from(VOICES[:2])),
    st.builds(lambda key, value: _set("texts", key, value), st.sampled_from(["one", "two"]), st.sampled_from(["One", "Other"])),
    st.builds(lambda label: _replace(found_by=label), st.sampled_from(LABELS)),
    st.builds(lambda clear: _replace(clear=clear), st.sampled_from(["refuse", "send-null"])),
    st.builds(lambda pace: _replace(pace=pace), st.sampled_from([600_000, 500_000])),
)  # fmt: skip


@st.composite
def draw_histories(draw: st.DrawFn) -> list[State]:
    """Draw the states of a project, one after the other; an edit may take back what an earlier one did."""
    states = [START]
    for _ in range(draw(st.integers(1, 3))):
        state = states[-1]
        for edit in draw(st.lists(_edits, min_size=1, max_size=4)):
            state = edit(state)
        states.append(state)
    return states


def build_seed() -> dict[str, Any]:
    """Return live objects for all that a history may declare."""
    lines = [
        {
            "id": f"pc_{place}",
            "productId": "prod_1",
            "name": f"Live {place}",
            "phoneNumber": f"+1202555{place:04d}",
            "voice": "jack",
            "languageCode": "en-US",
            "agentSpeaksFirst": False,
        }
        for place in range(6)
    ]
    prompts = [{"id": key, "label": label, "content": "Live"} for label, key in PROMPTS.items()]
    agent = {"id": AGENT, "label": "Desk", "prompt": PROMPTS["night"], "language": "en"}
    return {"galtea": {"phoneConnections": lines}, "fluents": {"prompts": prompts, "agents": [agent]}}
