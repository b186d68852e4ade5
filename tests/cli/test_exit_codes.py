"""Every exit code of the contract, reached through the command line."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.app.problem import Exit
from reconciler.cli.root import run
from tests.cli.stage import LINES, Stage, hotline, lines, quickstart, statuses


def test_0_done_and_nothing_to_do(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert stage.run("plan").code == 0
    assert stage.apply().code == 0
    told = stage.apply()
    assert (told.code, told.out) == (0, "No changes. 3 resources match the live state.\n")


def test_1_failed_where_the_vendor_rejects_all(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.trouble("probe-fails")
    told = stage.apply("--target", "connectors.*")
    assert told.code == 1
    assert "Applied 0 of 2 updates: 2 rejected." in told.out


def test_1_absent_is_a_failure_that_names_what_to_do(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "id: pc_1", "id: pc_99")
    told = stage.run("plan", "--detailed-exitcode")
    assert told.code == 1
    assert "error[absent-object]" in told.err
    assert "Nothing is ever created" in told.err
    assert statuses(stage.plan()) == {
        "phone_connections.line-0": "update",
        "phone_connections.line-1": "absent",
        "phone_connections.line-2": "update",
    }
    applied = stage.apply()
    assert applied.code == 1
    assert len(stage.writes) == 2


def test_2_only_with_detailed_exitcode(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert stage.run("plan").code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 2
    assert stage.run("plan", "--detailed-exitcode", "--format", "json").code == 2


def test_3_lists_all_errors_at_once_in_order(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    stage.change("config/polyai.yaml", "asrLangCode: en-US", "asrLangCod: en-US")
    stage.change("config/galtea.yaml", "agentSpeaksFirst: true", "agentSpeaksFirst: maybe")
    stage.change("config/galtea.yaml", "phoneNumber: +12025550143", "phoneNumber: 0143")
    stage.change("config/fluents.yaml", "    id: +12025550178", "    id: +12025550143")
    for command in (("validate",), ("plan",), ("apply", "--auto-approve"), ("drift",)):
        told = stage.run(*command)
        assert told.code == 3
        assert told.out == ""
        places = [(name, int(line)) for name, line in re.findall(r"(config/\w+\.yaml):(\d+):\d+", told.err)]
        assert {name for name, _ in places} == {"config/fluents.yaml", "config/galtea.yaml", "config/polyai.yaml"}
        heads = re.findall(r"^(config/\w+\.yaml):(\d+):\d+: error", told.err, re.MULTILINE)
        assert heads == sorted(heads, key=lambda head: (head[0], int(head[1])))
        assert "asrLangCode" in told.err
    assert stage.requests == []


def test_3_without_a_project(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={})
    for command in (("validate",), ("plan",), ("apply",), ("drift",), ("history",), ("undo", "latest"), ("unlock",)):
        told = stage.run(*command)
        assert told.code == 3, command
        assert "error[no-project]" in told.err


def test_4_some_failed_and_others_were_applied(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.trouble("probe-fails")
    told = stage.apply()
    assert told.code == 4
    assert "1 of 3 updates: 1 verified, 2 rejected" in told.out
    assert stage.world.read("fluents", "numbers", "+14155552671")["label"] == "Hotline"


def test_5_refused_without_a_terminal(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    told = stage.run("apply")
    assert told.code == 5
    assert "there is no terminal to ask on" in told.err
    assert "--auto-approve" in told.err
    assert stage.writes == []


def test_6_one_vendor_down_and_the_others_are_planned_and_applied(tmp_path: Path) -> None:
    stage = quickstart(tmp_path, vices=["down:galtea"])
    told = stage.run("plan", "--detailed-exitcode")
    assert told.code == 6
    plan = stage.plan()
    lost = {address for address, status in statuses(plan).items() if status == "unknown"}
    assert lost == {"phone_connections.support-line", "phone_connections.billing-line"}
    assert plan["summary"]["update"] == 6
    applied = stage.apply()
    assert applied.code == 6
    assert "Applied 6 updates" in applied.out
    assert not any("phoneConnections" in path for _, path, _ in stage.writes)
    assert stage.apply().code == 6


@pytest.mark.parametrize("vice", ["forbidden:polyai", "expired-key:polyai", "html-200@polyai", "truncated-json@polyai"])
def test_6_for_every_way_not_to_know(tmp_path: Path, vice: str) -> None:
    stage = quickstart(tmp_path, vices=[vice])
    plan = stage.plan()
    assert statuses(plan)["connectors.live-us"] == "unknown"
    assert plan["summary"]["absent"] == 0
    assert stage.apply("--target", "connectors.*").code == 6
    assert stage.writes == []


def test_6_for_a_missing_key_which_is_named(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    del stage.environ["POLYAI_API_KEY"]
    told = stage.run("plan")
    assert told.code == 6
    assert "POLYAI_API_KEY" in told.err
    assert "Plan: 5 to update" in told.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["plna"],
        ["plan", "--no-such-option"],
        ["plan", "--format", "pdf"],
        ["plan", "extra"],
        ["--var", "nothing", "plan"],
        ["apply", "--max-updates", "many"],
        ["apply", "plan.json", "--target", "connectors.*"],
        ["undo"],
        ["plan", "--target", "connectors.nobody"],
        ["plan", "--account", "nobody"],
        ["undo", "20200101-000000-0000"],
        ["history", "20200101-000000-0000"],
    ],
    ids=" ".join,
)
def test_64_wrong_usage(tmp_path: Path, arguments: Sequence[str]) -> None:
    stage = lines(tmp_path)
    told = stage.run(*arguments)
    assert told.code == 64, told.all
    assert told.out == ""
    assert told.err
    assert "bug" not in told.err
    assert stage.writes == []


def test_64_names_what_was_meant(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert "Did you mean 'plan'?" in stage.run("plna").err
    assert "Did you mean phone_connections.line-1?" in stage.run("plan", "--target", "phone_connections.lime-1").err
    told = stage.run("plan", "--target", "nothing.*", "--target", "phone_connections.*", "--account", "galtae")
    assert "no target fits 'nothing.*'" in told.err
    assert "Did you mean galtea?" in told.err


def test_64_for_a_vice_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(quickstart(tmp_path).folder), "--vice", "no-such-vice", "plan"]) == 64
    assert "`reconciler sandbox vices` lists them" in capsys.readouterr().err


def test_64_for_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert stage.run_plainly("-C", str(tmp_path / "nowhere"), "plan").code == 64


def test_every_code_of_the_contract_is_known() -> None:
    assert {int(code) for code in Exit} == {0, 1, 2, 3, 4, 5, 6, 64, 130}


@pytest.mark.parametrize("damage", ["no folder", "no database", "a folder"])
def test_1_where_the_sandbox_cannot_keep_its_state(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = quickstart(tmp_path).folder
    state = folder / ".reconciler" / "sandbox" / "state.sqlite"
    if damage == "no folder":
        (folder / ".reconciler").write_text("in the way", encoding="utf-8")
    elif damage == "no database":
        state.parent.mkdir(parents=True)
        state.write_text("this is no database, whatever its name says", encoding="utf-8")
    else:
        state.mkdir(parents=True)
    assert run(["-C", str(folder), "--sandbox", "plan"]) == 1
    told = capsys.readouterr().err
    assert "the sandbox cannot keep its state" in told
    assert "bug" not in told
    if damage == "no database":
        assert run(["-C", str(folder), "sandbox", "reset"]) == 0
        assert run(["-C", str(folder), "--sandbox", "plan"]) == 0


def pipe_plan(folder: Path, target: str) -> tuple[int, str]:
    """Plan with stdout somewhere; return the exit code and stderr."""
    done = subprocess.run(
        [
            "sh",
            "-c",
            f'"$0" -m reconciler -C "$1" --sandbox plan {target}; echo "code $?" >&2',
            sys.executable,
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    code = re.search(r"code (\d+)", done.stderr)
    assert code is not None
    return int(code[1]), done.stderr


def test_1_where_the_disk_is_full_is_no_bug(tmp_path: Path) -> None:
    code, told = pipe_plan(quickstart(tmp_path).folder, "> /dev/full")
    assert code == 1
    assert "The output could not be written: No space left on device." in told
    assert "bug" not in told
    assert "Exception ignored" not in told


@pytest.mark.parametrize(
    "arguments",
    [["-C", "{}", "plan", "--sandbox"], ["plan", "-C", "{}", "--sandbox"], ["plan", "--sandbox", "-C", "{}"]],
    ids=["before", "after", "after in another order"],
)
def test_global_options_stand_before_or_after_the_command(tmp_path: Path, arguments: list[str]) -> None:
    stage = quickstart(tmp_path)
    told = stage.run_plainly(*(argument.format(stage.folder) for argument in arguments), "--detailed-exitcode")
    assert told.code == 2
    assert "Plan: 7 to update" in told.out


def test_variables_before_and_after_the_command_add_up(tmp_path: Path) -> None:
    text = LINES + "  line-0: {id: pc_0, spec: {name: '${var.A} ${var.B}'}}\n"
    stage = lines(tmp_path)
    stage.write("reconciler.yaml", text)
    told = stage.run("--var", "A=one", "plan", "--var", "B=two", "--format", "json")
    assert told.plan["updates"][0]["request"]["body"] == {"name": "one two"}


def test_targets_and_accounts_choose(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    plan = stage.plan("--target", "numbers.*", "--target", "connectors.live-us")
    assert set(statuses(plan)) == {"numbers.front-desk", "numbers.after-hours", "connectors.live-us"}
    assert set(statuses(stage.plan("--account", "galtea"))) == {
        "phone_connections.support-line",
        "phone_connections.billing-line",
    }
    assert set(statuses(stage.plan("--account", "polyai", "--target", "*.live-*"))) == {"connectors.live-us"}
    stage.requests.clear()
    told = stage.apply("--target", "connectors.live-us")
    assert told.code == 0
    assert [path for _, path, _ in stage.writes] == ["/v1/agents/PROJECT-58RP822I/telephony/connectors/conn-live-us"]
    assert not any(one.host == "api.galtea.ai" for one in stage.requests)


@pytest.mark.parametrize(
    ("answer", "code"), [("\x03", 130), ("y\n", 5), ("\n", 5), ("yes\n", 0)], ids=["ctrl-c", "y", "nothing", "yes"]
)
def test_only_yes_is_yes_on_a_real_terminal(tmp_path: Path, answer: str, code: int) -> None:
    stage = quickstart(tmp_path)
    found, shown = answer_on_a_terminal(stage.folder, answer)
    assert found == code, shown
    assert ("Nothing was sent" in shown) == (code == 5)
    assert ("Applied 7 updates" in shown) == (code == 0)


ON_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from reconciler.cli.root import run
sys.exit(run(sys.argv[1:]))
"""


def answer_on_a_terminal(folder: Path, answer: str) -> tuple[int, str]:
    """Run apply with a terminal in front of it, answer its question, and return the exit code and all it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, "-C", str(folder), "--sandbox", "apply"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    os.close(theirs)
    shown, ended = watch_terminal(ours, "Only 'yes' is accepted", seconds=60)
    assert not ended, shown
    for _ in range(5):
        # Python may miss a signal that comes in the moment before it waits for input: whoever is at it presses again.
        os.write(ours, answer.encode())
        more, ended = watch_terminal(ours, None, seconds=10)
        shown += more
        if ended:
            break
    os.close(ours)
    if not ended:
        process.kill()
    return process.wait(timeout=30), shown


def watch_terminal(terminal: int, words: str | None, *, seconds: float) -> tuple[str, bool]:
    """Read what a terminal shows until it shows some words, ends, or is quiet for too long; tell whether it ended."""
    shown = b""
    while words is None or words.encode() not in shown:
        if not select.select([terminal], [], [], seconds)[0]:
            return shown.decode(), False
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            piece = b""
        if not piece:
            return shown.decode(), True
        shown += piece
    return shown.decode(), False
