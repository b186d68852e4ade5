"""`plan --since`: only what comes to something else than at a commit is looked at, and the rest is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from reconciler import Exit, Problem, open_project
from tests.cli.stage import Stage, lines, statuses
from tests.hostile.git_traps import sanitize
from tests.ledger.samples import run_git

FILES = {
    "reconciler.yaml": """\
version: 1
environment: production
accounts: {galtea: {}, fluents: {}, polyai: {region: us}}
""",
    "environments/production.yaml": """\
vars: {VOICE: jack, CITY: Oslo}
resources:
  phone_connections.laid: {spec: {voice: sarah}}
  phone_connections.own: {id: pc_own, spec: {voice: jack}}
""",
    "environments/staging.yaml": """\
vars: {VOICE: jack}
resources: {phone_connections.night: {spec: {voice: jack}}}
""",
    "lines.yaml": """\
account: galtea
phone_connections:
  day: {id: pc_day, spec: {voice: "${var.VOICE}"}}
  night: {id: pc_night, spec: {voice: sarah, name: "${phone_connections.day.voice} at night"}}
  laid: {id: pc_laid, spec: {voice: jack, name: Laid}}
""",
    "agents.yaml": """\
account: fluents
agents:
  desk: {id: 550e8400-e29b-41d4-a716-446655440000, spec: {prompt: "${prompts.desk.id}", language: en}}
prompts:
  desk: {match: {label: Desk}, spec: {content: "${file:prompts/desk.md}"}}
account_connections:
  carrier:
    id: 0b6f6f0e-6a49-4f6c-8f38-0f6f2f6f9f10
    spec:
      type: account_connection_twilio
      credentials: {twilio_account_sid: "a ${secret.SID}", twilio_auth_token: "${secret.TOKEN}"}
""",
    "prompts/desk.md": "You answer the phone.\n",
}
LINES = {"phone_connections.day", "phone_connections.night", "phone_connections.laid", "phone_connections.own"}
FLUENTS = {"agents.desk", "prompts.desk", "account_connections.carrier"}


class Clone(Stage):
    """A project in a repository; `plan_since` names what a plan looked at."""

    def commit(self) -> str:
        run_git(self.folder, "add", "-A")
        run_git(self.folder, "-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x", "--allow-empty")
        return run_git(self.folder, "rev-parse", "HEAD")

    def plan_since(self, *arguments: str) -> set[str]:
        return set(statuses(self.plan("--since", *arguments)))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    folder = tmp_path / "clone"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    made = Clone(folder, seed={}, files=FILES)
    made.environ |= sanitize({"PATH": os.environ["PATH"], "RECONCILER_SECRET_SID": "s", "RECONCILER_SECRET_TOKEN": "t"})
    made.commit()
    return made


EDITS: dict[str, tuple[str, str, str, set[str]]] = {
    "a text in a file": ("prompts/desk.md", "phone", "door", {"prompts.desk"}),
    "a variable, also through a reference": ("environments/production.yaml", "VOICE: jack", "VOICE: sarah", {"phone_connections.day", "phone_connections.night"}),
    "a variable that nobody uses": ("environments/production.yaml", "Oslo", "Bergen", set()),
    "an overlay": ("environments/production.yaml", "laid: {spec: {voice: sarah}}", "laid: {spec: {voice: jack}}", {"phone_connections.laid"}),
    "what an overlay hides": ("lines.yaml", "voice: jack, name: Laid", "voice: sarah, name: Laid", set()),
    "an own resource of the environment": ("environments/production.yaml", "pc_own", "pc_one", {"phone_connections.own"}),
    "another environment": ("environments/staging.yaml", "jack}}}", "sarah}}}", set()),
    "a reference for the same value": ("lines.yaml", "{voice: sarah, name", '{voice: "${phone_connections.laid.voice}", name', set()),
    "a value for the same reference": ("lines.yaml", '"${phone_connections.day.voice} at night"', "jack at night", set()),
    "what the target of an open reference is found by": ("agents.yaml", "label: Desk", "label: Front", {"prompts.desk", "agents.desk"}),
    "a comment": ("lines.yaml", "account: galtea", "# all of Norway\naccount: galtea", set()),
    "how an account clears": ("reconciler.yaml", "fluents: {}", "fluents: {clear: send-null}", FLUENTS),
    "the pace of an account": ("reconciler.yaml", "fluents: {}", "fluents: {concurrency: 3}", set()),
    "the key of an account": ("reconciler.yaml", "galtea: {}", "galtea: {credential: GALTEA_OTHER_KEY}", LINES),
    "a guard": ("reconciler.yaml", "version: 1", "version: 1\nguards: {max_updates: 5}", set()),
    "a protection": ("lines.yaml", "id: pc_day,", "id: pc_day, protect: true,", {"phone_connections.day"}),
    "an exemption": ("lines.yaml", "id: pc_laid,", "id: pc_laid, ignore: {name: {reason: test, until: 2027-01-01}},", {"phone_connections.laid"}),
    "the text around a secret": ("agents.yaml", "a ${secret", "b ${secret", {"account_connections.carrier"}),
    "another secret": ("agents.yaml", "secret.TOKEN", "secret.SID", {"account_connections.carrier"}),
    "a new name": ("lines.yaml", "  laid:", "  put:", {"phone_connections.laid", "phone_connections.put"}),
    "another type of value": ("agents.yaml", "language: en", "language: en, interrupt_sensitivity: low", {"agents.desk"}),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_what_an_edit_changes_is_looked_at(clone: Clone, edit: str) -> None:
    file, old, new, expected = EDITS[edit]
    clone.change(file, old, new)
    if edit == "a new name":  # the overlay still says what is at the old one
        clone.change("environments/production.yaml", "laid: {spec:", "laid: {id: pc_laid2, spec:")
    assert clone.plan_since("HEAD") == expected


def test_any_name_of_a_commit_will_do(clone: Clone) -> None:
    first = clone.commit()
    clone.change("prompts/desk.md", "phone", "door")
    clone.commit()
    assert clone.plan_since("HEAD") == set()
    assert clone.plan_since("main~1") == clone.plan_since(first) == {"prompts.desk"}


def test_files_may_be_renamed_and_variables_given_anywhere(clone: Clone) -> None:
    (clone.folder / "north").mkdir()
    (clone.folder / "lines.yaml").rename(clone.folder / "north/all.yaml")
    (clone.folder / "prompts/desk.md").rename(clone.folder / "prompts/front.md")
    clone.change("agents.yaml", "prompts/desk.md", "prompts/front.md")
    assert clone.plan_since("HEAD") == set()
    assert clone.plan_since("HEAD", "--var", "VOICE=sarah") == set()


def test_what_is_not_looked_at_is_said_in_every_format(clone: Clone) -> None:
    clone.change("prompts/desk.md", "phone", "door")
    said = f"Narrowed by --since HEAD ({run_git(clone.folder, 'rev-parse', 'HEAD')[:12]}): 6 declared resources were not looked at"
    for style in ("text", "markdown", "html", "github", "gitlab", "sarif", "junit"):
        assert said in " ".join(clone.run("plan", "--since", "HEAD", "--format", style).out.split()), style
    scope = clone.plan("--since", "HEAD")["scope"]
    assert (scope["since"], scope["left_out"]) == ("HEAD", 6)
    assert scope["since_commit"] == run_git(clone.folder, "rev-parse", "HEAD")


def test_it_is_combined_with_other_choices(clone: Clone) -> None:
    clone.change("environments/production.yaml", "VOICE: jack", "VOICE: sarah")
    clone.change("prompts/desk.md", "phone", "door")
    assert clone.plan_since("HEAD", "--account", "fluents") == {"prompts.desk"}
    assert clone.plan_since("HEAD", "--target", "phone_connections.*") == {"phone_connections.day", "phone_connections.night"}  # fmt: skip
    assert clone.plan_since("HEAD", "--exclude", "*.day") == {"phone_connections.night", "prompts.desk"}
    assert clone.plan_since("HEAD", "--env", "staging") == {"prompts.desk"}
    told = clone.run("plan", "--since", "HEAD", "--account", "fluents")
    assert "Narrowed by --account fluents --since HEAD" in told.words


def test_what_is_no_longer_declared_is_noted(clone: Clone) -> None:
    clone.change("environments/production.yaml", "  phone_connections.own: {id: pc_own, spec: {voice: jack}}\n", "")
    clone.change("environments/production.yaml", "laid: {spec: {voice: sarah}}", "laid: absent")
    told = clone.run("plan", "--since", "HEAD")
    assert "phone_connections.laid, phone_connections.own are no longer declared" in told.words
    narrowed = clone.run("plan", "--since", "HEAD", "--target", "phone_connections.d*")
    assert "no-longer-declared" not in narrowed.all


def test_a_renamed_resource_is_looked_at_and_not_called_removed(clone: Clone) -> None:
    clone.change("lines.yaml", "  day:", "  morning:")
    clone.change("lines.yaml", "phone_connections.day.voice", "phone_connections.morning.voice")
    told = clone.run("plan", "--since", "HEAD", "--format", "json")
    assert set(statuses(told.plan)) == {"phone_connections.morning"}
    assert "no-longer-declared" not in told.all


# --- what cannot be compared ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--output=x", "", "HEAD^7", "HEAD:lines.yaml", "main\nmain"])
def test_what_names_no_commit_is_wrong_usage_with_help(clone: Clone, revision: str) -> None:
    told = clone.run("plan", f"--since={revision}")
    assert (told.code, told.out) == (64, "")
    assert "error[commit-unknown]" in told.err
    assert "Name a commit, a tag or a branch" in told.words
    assert list(clone.folder.glob("x")) == []


def test_a_shallow_clone_says_how_to_fetch_more(clone: Clone, tmp_path: Path) -> None:
    clone.commit()
    shallow = tmp_path / "shallow"
    run_git(tmp_path, "clone", "-q", "--depth=1", clone.folder.as_uri(), str(shallow))
    clone.folder = shallow
    told = clone.run("plan", "--since", "HEAD^1")
    assert told.code == 64
    assert "only a part of the history" in told.words
    assert "fetch-depth: 0" in told.words


def test_outside_of_a_repository_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    stage = lines(tmp_path / "lines")
    stage.environ |= {"PATH": os.environ["PATH"]}
    told = stage.run("plan", "--since", "HEAD")
    assert told.code == 1
    assert "not a git repository" in told.words


def test_mistakes_of_single_resources_then_are_looked_at_now(clone: Clone) -> None:
    clone.change("lines.yaml", "pc_night", "[pc_night]")
    clone.change("environments/production.yaml", "VOICE: jack, ", "")
    clone.commit()
    for old, new in (("[pc_night]", "pc_night"), ('"${var.VOICE}"', "jack")):
        clone.change("lines.yaml", old, new)
    told = clone.run("plan", "--since", "HEAD", "--format", "json")
    assert set(statuses(told.plan)) == {"phone_connections.day", "phone_connections.night", "agents.desk"}
    (note,) = [found for found in told.plan["diagnostics"] if found["code"] == "not-compared"]
    assert "lines.yaml:3" in note["message"]
    assert "agents.desk, phone_connections.day, phone_connections.night" in note["message"]


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("lines.yaml", "phone_connections:", "phone_conections:", "the files of HEAD are not valid ("),
        ("lines.yaml", "  laid:", "\tlaid:", "the files of HEAD are not valid ("),
        ("reconciler.yaml", "region: us", "region: mars", "the files of HEAD are not valid (reconciler.yaml:3:"),
        ("reconciler.yaml", "version: 1", "[", "the files of HEAD are not valid (reconciler.yaml"),
    ],
)
def test_where_a_file_was_wrong_as_a_whole_everything_is_looked_at(
    clone: Clone, file: str, old: str, new: str, why: str
) -> None:
    clone.change(file, old, new)
    clone.commit()
    clone.write(file, FILES[file])
    told = clone.run("plan", "--since", "HEAD", "--format", "json")
    assert set(statuses(told.plan)) == LINES | FLUENTS
    assert any(found["code"] == "not-compared" and why in found["message"] for found in told.plan["diagnostics"])
    assert told.plan["scope"]["left_out"] == 0


def test_a_project_or_an_environment_that_was_not_there_is_looked_at_whole(clone: Clone) -> None:
    clone.write("environments/new.yaml", "vars: {VOICE: jack}\n")
    told = clone.run("plan", "--since", "HEAD", "--env", "new", "--format", "markdown")
    assert "HEAD has no environment new" in told.out
    assert clone.plan_since("HEAD", "--env", "new") == (LINES | FLUENTS) - {"phone_connections.own"}
    for name in FILES:
        (clone.folder / name).rename(clone.folder / "kept") if name == "reconciler.yaml" else None
    clone.commit()
    (clone.folder / "kept").rename(clone.folder / "reconciler.yaml")
    assert "HEAD has no project in this folder" in clone.run("plan", "--since", "HEAD").words
    assert clone.plan_since("HEAD") == LINES | FLUENTS


def test_an_environment_that_only_was_the_default_then_is_not_guessed(clone: Clone) -> None:
    for name in ("production", "staging"):
        (clone.folder / f"environments/{name}.yaml").unlink()
    clone.change("reconciler.yaml", "environment: production\n", "")
    clone.change("lines.yaml", '"${var.VOICE}"', "jack")
    told = clone.run("plan", "--since", "HEAD")
    assert "HEAD has environments, and none is chosen here" in told.words


def test_the_secrets_of_then_need_not_be_set(clone: Clone) -> None:
    clone.change("agents.yaml", "secret.TOKEN", "secret.GONE")
    clone.commit()
    clone.change("agents.yaml", "secret.GONE", "secret.TOKEN")
    assert clone.plan_since("HEAD") == {"account_connections.carrier"}


@pytest.mark.parametrize(
    ("others", "edit"),
    [
        ("line-1: {id: pc_1, spec: {name: Same}}", "spec: {name: Same, voice: jack}"),
        ("line-1: {match: {name: Line 0}, spec: {}}", "spec: {voice: jack}"),
        ("line-1: {id: pc_0, spec: {}}", "spec: {voice: jack}, match: {name: Line 0}"),
    ],
)
@pytest.mark.parametrize("choice", [("--since", "HEAD"), ("--target", "*.line-0")])
def test_what_stands_in_its_way_is_seen_though_it_is_not_looked_at(
    tmp_path: Path, others: str, edit: str, choice: tuple[str, str]
) -> None:
    stage = lines(tmp_path / "lines", count=2)
    stage.environ |= sanitize({"PATH": os.environ["PATH"]})
    by = "" if "match" in edit else "id: pc_0, "
    stage.write("reconciler.yaml", f"version: 1\naccounts: {{galtea: {{}}}}\nphone_connections:\n  {others}\n")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x")):
        run_git(stage.folder, *words)
    stage.write("reconciler.yaml", stage.read("reconciler.yaml") + f"  line-0: {{{by}{edit}}}\n")
    plan = stage.plan(*choice)
    assert statuses(plan) == {"phone_connections.line-0": "refused"}
    assert "phone_connections.line-1 (reconciler.yaml:4:3)" in plan["resources"][0]["reason"]


def test_links_of_then_are_followed_as_today_and_no_further(clone: Clone, tmp_path: Path) -> None:
    (clone.folder / "prompts/desk.md").rename(clone.folder / "prompts/real.md")
    (clone.folder / "prompts/desk.md").symlink_to("real.md")
    clone.commit()
    assert clone.plan_since("HEAD") == set()
    clone.change("prompts/real.md", "phone", "door")
    assert clone.plan_since("HEAD") == {"prompts.desk"}
    outside = tmp_path / "outside.md"
    outside.write_text(clone.read("prompts/real.md"))
    (clone.folder / "prompts/desk.md").unlink()
    (clone.folder / "prompts/desk.md").symlink_to(outside)
    clone.commit()
    (clone.folder / "prompts/desk.md").unlink()
    clone.write("prompts/desk.md", clone.read("prompts/real.md"))
    told = clone.run("plan", "--since", "HEAD", "--format", "json")
    assert "prompts.desk" in statuses(told.plan)
    assert any(
        "lies outside" in found["message"] for found in told.plan["diagnostics"] if found["code"] == "not-compared"
    )


def test_a_pointer_to_a_large_file_is_not_taken_for_its_text(clone: Clone) -> None:
    text = clone.read("prompts/desk.md")
    clone.write("prompts/desk.md", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 21\n")
    clone.commit()
    clone.write("prompts/desk.md", text)
    told = clone.run("plan", "--since", "HEAD", "--format", "json")
    assert "prompts.desk" in statuses(told.plan)
    assert any("Git LFS" in found["message"] for found in told.plan["diagnostics"] if found["code"] == "not-compared")


# --- saved plans, python, the shell -----------------------------------------------------------------------------------


def test_a_saved_plan_is_bound_and_sends_what_it_showed(tmp_path: Path) -> None:
    stage = lines(tmp_path / "lines", count=3)
    stage.environ |= sanitize({"PATH": os.environ["PATH"]})
    run_git(stage.folder, "init", "-q")
    run_git(stage.folder, "add", "reconciler.yaml")
    run_git(stage.folder, "-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x")
    stage.change("reconciler.yaml", "{id: pc_1, spec: {voice: jack}}", "{id: pc_1, spec: {voice: jack, name: Two}}")
    out = tmp_path / "plan.json"
    told = stage.run("plan", "--since", "HEAD", "--out", str(out), "--detailed-exitcode")
    assert told.code == 2
    assert "`apply FILE` send these requests only" in told.words
    assert json.loads(out.read_text())["scope"]["since"] == "HEAD"
    assert "--since HEAD" in stage.run("show", str(out)).words
    assert {one.path for one in stage.requests} == {"/phoneConnections/pc_1", "/phoneConnections/voices"}
    text = stage.read("reconciler.yaml")
    stage.write("reconciler.yaml", text.replace("Two", "Three"))
    assert "plan-stale" in stage.run("apply", str(out), "--auto-approve").all
    stage.write("reconciler.yaml", text)
    assert stage.run("apply", str(out), "--auto-approve").code == 0
    assert [(path, body) for _, path, body in stage.writes] == [("/phoneConnections/pc_1", {"name": "Two", "voice": "jack"})]  # fmt: skip


def test_a_program_can_ask_for_it_too(clone: Clone) -> None:
    clone.change("prompts/desk.md", "phone", "door")
    project = open_project(clone.folder, sandbox=True, environ=clone.environ)
    plan = project.plan(since="HEAD")
    assert [one.address for one in plan.resources] == ["prompts.desk"]
    assert plan.scope.left_out == 6
    assert [one.address for one in project.review(since="HEAD", accounts=["galtea"]).plan.resources] == []
    with pytest.raises(Problem) as caught:
        project.plan(since="nowhere")
    assert (caught.value.exit_code, caught.value.diagnostics[0].code) == (Exit.USAGE, "commit-unknown")


def test_nothing_is_asked_of_a_vendor_where_nothing_changed(clone: Clone) -> None:
    told: Any = clone.run("plan", "--since", "HEAD")
    assert (told.code, clone.requests) == (0, [])
    assert "No resource was looked at." in told.words
