"""`${kind.name.field}`: found, linked, filled in where it is declared, refused where it cannot be."""

from __future__ import annotations

from textwrap import dedent

import pytest

from reconciler.config import compute_digest
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template
from reconciler.model.secret import Secret

from .conftest import Workspace

TARGETS = """\
numbers:
  front.desk: {account: fluents, id: +12025550143, spec: {label: Front desk, outbound_only: true, example_context: {city: Oslo, deep: {a: [1]}}}}
connectors:
  live-us: {id: {agentId: PROJECT-1, connectorId: conn-1}, spec: {asrLangCode: en-US}}
  empty: {id: {agentId: PROJECT-1, connectorId: conn-2}, spec: {variantId: null}}
"""


def declare(workspace: Workspace, text: str, **options: object) -> dict[str, Declared]:
    workspace.write("targets.yaml", TARGETS)
    workspace.write("lines.yaml", dedent(text))
    loaded = workspace.load(**options)
    assert loaded.project is not None, loaded.diagnostics
    return {declared.address: declared for declared in loaded.project.resources}


def refuse(workspace: Workspace, text: str, **options: object) -> tuple[Diagnostic, ...]:
    workspace.write("targets.yaml", TARGETS)
    workspace.write("lines.yaml", dedent(text))
    loaded = workspace.load(**options)
    assert loaded.project is None
    return loaded.diagnostics


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("name: ${numbers.front.desk.id}", "+12025550143"),
        ("name: ${numbers.front.desk.number}", "+12025550143"),
        ("name: ${ connectors.live-us.agentId }", "PROJECT-1"),
        ("name: 'From ${numbers.front.desk.label}, $${numbers.x} ${var.CITY}'", "From Front desk, ${numbers.x} Oslo"),
        ("name: ${numbers.front.desk.label}${connectors.live-us.connectorId}", "Front deskconn-1"),
        ("name: is ${numbers.front.desk.outbound_only}", "is true"),
        ("record: ${numbers.front.desk.outbound_only}", True),
        ("name: ${numbers.front.desk.outbound_only}", "true"),
        ("extra: ${numbers.front.desk.example_context}", {"city": "Oslo", "deep": {"a": [1]}}),
        ("extra: {a: [1, '${numbers.front.desk.example_context.deep}']}", {"a": [1, {"a": [1]}]}),
        ("words: [x, '${numbers.front.desk.label}']", ["x", "Front desk"]),
        ("labels: {town: '${numbers.front.desk.example_context.city}'}", {"town": "Oslo"}),
        ("hook: {url: 'https://x.example/${numbers.front.desk.label}'}", {"url": "https://x.example/Front desk"}),
        ("timeout: ${lines.other.retries}", 3),
        ("retries: ${lines.other.name}", 7),
    ],
)
def test_what_is_declared_is_filled_in(workspace: Workspace, written: str, value: object) -> None:
    text = f"lines:\n  a: {{id: a, spec: {{}}}}\n  other: {{id: other, spec: {{retries: 3, name: 7}}}}\n  b:\n    id: b\n    spec:\n      {written}\n"
    spec = declare(workspace, text, variables={"CITY": "Oslo"})["lines.b"].spec
    assert spec == {written.partition(":")[0]: value}
    assert type(next(iter(spec.values()))) is type(value)


def test_ids_and_keys_are_filled_in_and_one_reference_leads_to_the_next(workspace: Workspace) -> None:
    known = declare(
        workspace,
        """\
        lines:
          c: {id: "${lines.b.id}-c", spec: {name: "${lines.b.name}!"}}
          b: {id: "x-${lines.a.id}", spec: {name: "${lines.a.name}${lines.a.name}"}}
          a: {id: a, spec: {name: na}}
          m: {match: {name: "${lines.c.name}"}}
        """,
    )
    assert [str(known[f"lines.{name}"].identity) for name in "abc"] == ["a", "x-a", "x-a-c"]
    assert known["lines.c"].spec == {"name": "nana!"}
    assert known["lines.m"].match == {"name": "nana!"}
    assert known["lines.c"].refers_to == ("lines.b",)
    assert not any(declared.open for declared in known.values())


def test_what_is_only_live_stays_open_and_keeps_its_place(workspace: Workspace) -> None:
    text = """\
        lines:
          a: {match: {name: A}, spec: {record: true}}
          b: {id: "${lines.a.id}", spec: {name: "at ${lines.a.speed}", words: [1, "${connectors.live-us.voiceName}"]}}
          c: {match: {name: "${lines.b.speed} x"}}
        """
    known = declare(workspace, text)
    line, other = known["lines.b"], known["lines.c"]
    assert (line.identity, dict(line.match), line.open) == (None, {}, True)
    name = line.spec["name"]
    assert isinstance(name, Template)
    assert str(name) == "at ${lines.a.speed}"
    assert [(str(one), str(one.location)) for one in name.references] == [("lines.a.speed", "lines.yaml:3:41")]
    assert line.spec["words"][0] == "1"
    assert [(use.section, use.path) for use in line.uses] == [("id", ()), ("spec", ("name",)), ("spec", ("words", "1"))]
    assert str(line.sought) == "id ${lines.a.id}"
    assert str(other.sought) == "name ${lines.b.speed} x"
    assert str(line.locate(("name",))) == "lines.yaml:3:41"


def test_the_longest_declared_name_is_meant(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a, spec: {extra: {b: {id: field}}}}\n  a.extra: {id: x, spec: {extra: {b: longer}}}\n"
    known = declare(
        workspace, text + "  c: {id: c, spec: {name: '${lines.a.extra.extra.b}', extra: '${lines.a.extra}'}}\n"
    )
    assert known["lines.c"].spec == {"name": "longer", "extra": {"b": {"id": "field"}}}


@pytest.mark.parametrize(
    ("written", "code", "message", "advice"),
    [
        ("name: ${line.a.name}", "unknown-reference", '"line" is not a kind', "`lines`"),
        ("name: ${lines.aa.name}", "unknown-reference", "no resource lines.aa is declared", "`lines.a`"),
        ("name: ${agents.x.id}", "unknown-reference", "no resource agents.x is declared", "none of this kind"),
        ("name: ${lines.a.nmae}", "unknown-reference", 'has no field "nmae"', "`name`"),
        ("name: ${lines.a.hook.ulr}", "unknown-reference", 'has no field "ulr"', "`url`"),
        ("name: ${lines.a}", "unknown-reference", "does not say which value", "${lines.a.id}"),
        ("name: ${connectors.live-us.id}", "unknown-reference", "has several parts", "${connectors.live-us.agentId}"),
        ("name: ${numbers.front.desk.example_context}", "wrong-type", "text", "of that type"),
        ("name: x ${numbers.front.desk.example_context}", "wrong-type", "text", "of that type"),
        ("extra: ${numbers.front.desk.label}", "wrong-type", "a mapping", "of that type"),
        ("retries: ${numbers.front.desk.label}", "wrong-type", "whole number", "whole number"),
        ("speed: ${lines.a.retries}", "invalid-value", "at most 2", ""),
        ("mode: ${lines.a.name}", "invalid-value", "not allowed", "`relaxed`"),
        ("name: ${lines.a.token}", "reference-secret", "is secret", "secret field"),
        ("token: ${lines.a.name}", "reference-secret", "is secret", "secret field"),
        ("token: Bearer ${lines.a.token}", "reference-secret", "is secret", "alone"),
        ("token: ${lines.bare.token}", "reference-empty", "cannot be read back", "Declare it"),
        ("name: ${connectors.empty.variantId}", "reference-empty", "declared as null", "Declare a value"),
    ],
)
def test_refused(workspace: Workspace, written: str, code: str, message: str, advice: str) -> None:
    text = "lines:\n  a: {id: a, spec: {name: nothing, retries: 5, token: '${secret.T}', hook: {url: 'https://x'}}}\n  bare: {id: bare}\n"
    text += f"  last: {{id: last}}\n  b:\n    id: b\n    spec:\n      {written}\n"
    found = refuse(workspace, text, environ={"RECONCILER_SECRET_T": "s" * 30})
    ours = [one for one in found if one.address == "lines.b"]
    assert [(one.code, message in one.message, advice in one.advice) for one in ours] == [(code, True, True)], ours
    assert str(ours[0].location) == f"lines.yaml:8:{len('      ') + written.index(':') + 3}"
    assert "sss" not in str(found)


def test_a_secret_goes_from_one_secret_field_to_another(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a, spec: {token: '${secret.T}'}}\n  b: {id: b, spec: {token: '${lines.a.token}'}}\n"
    token = declare(workspace, text, environ={"RECONCILER_SECRET_T": "s" * 30})["lines.b"].spec["token"]
    assert isinstance(token, Secret)
    assert token.reveal() == "s" * 30


@pytest.mark.parametrize(
    "graph",
    [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}, {"a": "b", "b": "c", "c": "d", "d": "a"}],
)
def test_a_circle_is_shown_with_its_places(workspace: Workspace, graph: dict[str, str]) -> None:
    names = sorted({*graph, *graph.values()})
    rows = [
        f"  {name}: {{id: {name}, spec: {{" + (f'name: "${{lines.{graph[name]}.id}}"' if name in graph else "") + "}}"
        for name in names
    ]
    (found,) = refuse(workspace, "\n".join(["lines:", *rows, ""]))
    assert found.code == "reference-cycle"
    circle = [name for name in names if graph.get(name) and name in _follow(graph, name)]
    for name in circle:
        line = names.index(name) + 2
        assert f"lines.{name} takes lines.{graph[name]}.id (lines.yaml:{line}:" in found.message
    assert found.message.count("takes") == len(circle)


def _follow(graph: dict[str, str], name: str) -> set[str]:
    seen: set[str] = set()
    while name in graph and graph[name] not in seen:
        name = graph[name]
        seen.add(name)
    return seen


def test_two_circles_are_told_apart_and_everything_else_is_still_checked(workspace: Workspace) -> None:
    text = """\
        lines:
          a: {id: a, spec: {name: "${lines.b.id}"}}
          b: {id: b, spec: {name: "${lines.a.id}"}}
          c: {id: c, spec: {name: "${lines.c.id}"}}
          d: {id: d, spec: {name: "${lines.a.name}", speed: 7}}
        """
    assert sorted(one.code for one in refuse(workspace, text)) == [
        "invalid-value",
        "reference-cycle",
        "reference-cycle",
    ]


def test_who_refers_to_a_wrong_resource_is_not_blamed(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: A!, spec: {name: x}}\n  b: {id: b, spec: {name: '${lines.a.id}'}}\n"
    assert [one.address for one in refuse(workspace, text)] == ["lines.a"]


def test_who_takes_what_an_error_left_out_is_not_blamed(workspace: Workspace) -> None:
    text = """\
        lines:
          a: {id: a, spec: {name: "${lines.x.id}", retries: many}}
          b: {id: b, spec: {name: "${lines.a.name}"}}
          c: {id: c, spec: {name: "${lines.b.name}", retries: "${lines.a.retries}"}}
        """
    assert sorted(one.code for one in refuse(workspace, text)) == ["unknown-reference", "wrong-type"]


def test_an_id_that_is_filled_in_must_look_like_one(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a, spec: {name: 'No Id'}}\n  b: {id: '${lines.a.name}'}\n"
    (found,) = refuse(workspace, text)
    assert (found.code, str(found.location)) == ("bad-identity", "lines.yaml:3:11")


def test_an_id_of_another_kind_is_refused_where_the_vendor_names_one(workspace: Workspace) -> None:
    text = "numbers:\n  b: {account: fluents, id: +12025550144, spec: {inbound_agent: '${connectors.live-us.connectorId}'}}\n"
    (found,) = refuse(workspace, text)
    assert (found.code, "takes the id of one of the agents" in found.message) == ("wrong-type", True)


def test_what_an_environment_lacks_cannot_be_taken_there(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a}\n  b: {id: b, spec: {name: '${lines.a.id}'}}\n"
    workspace.write("environments/test.yaml", "resources: {lines.a: absent}\n")
    assert declare(workspace, text)["lines.b"].spec == {"name": "a"}
    (found,) = refuse(workspace, text, environment="test")
    assert (found.code, "absent in this environment" in found.message) == ("unknown-reference", True)


def test_an_environment_may_lay_a_reference_over_a_value(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a}\n  b: {id: b, spec: {name: plain}}\n"
    workspace.write("environments/test.yaml", "resources:\n  lines.b: {spec: {name: '${lines.a.id}!'}}\n")
    line = declare(workspace, text, environment="test")["lines.b"]
    assert line.spec == {"name": "a!"}
    assert line.uses[0].template.parts == (
        Reference("lines.a", line.locate(("name",)), ("id",), "id"),
        "!",
    )
    assert str(line.locate(("name",))) == "environments/test.yaml:2:26"


def test_resources_with_references_collide_by_their_values(workspace: Workspace) -> None:
    text = "lines:\n  a: {id: a}\n  b: {id: '${lines.a.id}'}\n  c: {id: '${lines.d.id}'}\n  d: {match: {name: x}}\n  e: {id: '${lines.d.id}x'}\n"
    assert [one.code for one in refuse(workspace, text)] == ["collision"]


def test_the_digest_tells_a_reference_from_the_value_that_it_has(workspace: Workspace) -> None:
    digests = set()
    for value in ("a", "${lines.a.id}", "${lines.a.name}"):
        workspace.write(
            "lines.yaml", f"lines:\n  a: {{id: a, spec: {{name: a}}}}\n  b: {{id: b, spec: {{name: '{value}'}}}}\n"
        )
        project = workspace.load().project
        assert project is not None
        digests.add(compute_digest(project, catalog=workspace.catalog))
    assert len(digests) == 3
