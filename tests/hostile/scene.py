"""A repository with a project in it, two vendors, a forge and a run behind it: what every command can be called in."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from tests.ci.fake_forge import REPOSITORY, TOKEN, FakeForge
from tests.cli.stage import Stage, Told
from tests.hostile.answers.bends import KEY, Bend, Meddler, Rekey
from tests.hostile.doors import Door
from tests.ledger.samples import run_git

NUMBER = "+12025550143"
GONE = "+12025550144"
PROMPT = "550e8400-e29b-41d4-a716-446655440000"
MERGE = "a" * 40
PLAIN = ("Line one", "Line two")
FORGES = ("github", "gitlab")


def quote(text: str) -> str:
    """Write a text as a quoted scalar of YAML, every odd sign of it as an escape."""
    return '"' + text.encode("unicode_escape").decode().replace('"', '\\"').replace("${", "$${") + '"'


def write_project(texts: Sequence[str]) -> dict[str, str]:
    """Declare a line for each text, and one for each in a file of its own whose name has the text in it."""
    said = [quote(text) for text in texts]
    lines = "".join(
        f"  {'one' if place == 0 else f'line-{place}'}: {{id: pc_{place}, spec: {{voice: jack, name: {text}}}}}\n"
        for place, text in enumerate(said)
    )
    prompt = quote("Answer kindly.\n" + "\n".join(texts) + "\n")
    head = "version: 1\nenvironment: a\naccounts: {galtea: {}, fluents: {}}\nguards: {max_percent: 100}\n"
    return {
        "reconciler.yaml": f"{head}phone_connections:\n{lines}",
        "numbers.yaml": f'numbers:\n  front: {{id: "{NUMBER}", account: fluents, spec: {{label: {said[0]}, description: {said[-1]}}},'
        f" ignore: {{label: {{reason: {said[-1]}, until: 2027-03-01}}}}}}\n"
        f'  gone: {{id: "{GONE}", account: fluents, spec: {{label: Gone}}}}\n',
        "prompts.yaml": f"prompts:\n  all: {{id: {PROMPT}, account: fluents, spec: {{content: {prompt}}}}}\n",
        "environments/a.yaml": "vars: {WORLD: a}\n",
        "environments/b.yaml": "vars: {WORLD: b}\nresources:\n  phone_connections.one: {spec: {voice: theo}}\n",
    }


def seed_world(texts: Sequence[str]) -> dict[str, Any]:
    """Let everything be live, and nothing as declared."""
    lines = [
        {
            "id": f"pc_{place}",
            "productId": "prod_1",
            "name": f"{text}~",
            "phoneNumber": f"+1202555{place:04d}",
            "voice": "sarah",
            "languageCode": "en-US",
            "agentSpeaksFirst": False,
        }
        for place, text in enumerate(texts)
    ]
    numbers = [{"number": number, "label": f"{texts[-1]}~", "description": f"{texts[0]}~"} for number in (NUMBER, GONE)]
    prompts = [{"id": PROMPT, "label": texts[0], "content": "\n".join(texts)}]
    return {"galtea": {"phoneConnections": lines}, "fluents": {"numbers": numbers, "prompts": prompts}}


class Scene(Stage):
    """One project with all that a command may meet: `bends` stand before the vendors, `forge` is the repository's."""

    def __init__(self, folder: Path, *, texts: Sequence[str] = PLAIN, author: str = "tester") -> None:
        self.top = folder
        super().__init__(folder / "clone" / "voice", seed=seed_world(texts))
        self.bends: dict[str, Bend] = {}
        self.meddlers: list[Meddler] = []
        self.forge = FakeForge()
        self.forge.merged[MERGE] = [7]
        self.environ |= {
            "GALTEA_API_KEY": KEY,
            "USER": author,
            "GITHUB_ACTOR": author,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": "http://127.0.0.1:1",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": MERGE,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_WORKSPACE": str(folder / "clone"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    @property
    def places(self) -> Mapping[str, str]:
        """What the words in capitals of a way stand for."""
        names = {
            "PLAN": "plan.json",
            "EVENTS": "run.jsonl",
            "NEW": "clone/voice/new",
            "FRESH": "clone/fresh",
            "MISSING": "nothing.json",
        }
        return {word: str(self.top / name) for word, name in names.items()}

    def transport(self, account: Any) -> httpx.AsyncBaseTransport:
        """Reach a vendor through what bends its answers, or the forge."""
        if account.name in FORGES:
            app = Starlette(routes=[Route("/{path:path}", self.forge.answer, methods=["GET", "POST", "PATCH", "PUT"])])
            return httpx.ASGITransport(app=app)
        inner = super().transport(account)
        inner = Rekey(inner) if account.provider == "galtea" else inner
        if account.name not in self.bends:
            return inner
        self.meddlers.append(Meddler(inner, self.bends[account.name], frozenset({"GET", "POST", "PATCH"})))
        return self.meddlers[-1]

    def enter(self, door: Door) -> Told:
        """Call a command in a format."""
        words = door.write_words(self.places)
        return self.run_in_sandbox(*words) if "--sandbox" in words else self.run(*words)

    def list_pushed(self) -> str:
        """Return all that stands in the branches of the shared repository, and their messages."""
        return run_git(self.top / "remote.git", "log", "--all", "-p", "--format=%B%an%ae", "--", ".")

    def list_kept(self) -> str:
        """Return all that was written, outside git's own folders."""
        files = [path for path in self.top.rglob("*") if path.is_file() and ".git" not in path.parts]
        return "\n".join(path.read_text(errors="replace") for path in files)


class Template:
    """A scene with a run behind it, made once; each test gets a copy that is its own."""

    def __init__(
        self,
        folder: Path,
        *,
        texts: Sequence[str] = PLAIN,
        author: str = "tester",
        bends: Mapping[str, Bend] | None = None,
        names: Callable[[str], str] = str,
    ) -> None:
        self.folder, self._texts, self._author = folder, texts, author
        self._bends = dict(bends or {})
        made = self._build(folder)
        for name, text in write_project(texts).items():
            made.write(names(name), text)
        self._commit(made)
        self._run(made, names)
        self._rows = dict(made.world.documents())
        self._comments = made.forge.comments

    def copy(self, folder: Path) -> Scene:
        """Return a scene of its own, as this one stood in the end."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        scene = self._build(folder)
        scene.world.put_all((*address, copy.deepcopy(row)) for address, row in self._rows.items())
        scene.forge.comments = copy.deepcopy(self._comments)
        return scene

    def _build(self, folder: Path) -> Scene:
        scene = Scene(folder, texts=self._texts, author=self._author)
        scene.bends |= self._bends
        return scene

    def _commit(self, made: Scene) -> None:
        clone = made.folder.parent
        run_git(self.folder, "init", "-q", "--bare", "-b", "main", "remote.git")
        run_git(clone, "init", "-q", "-b", "main")
        run_git(clone, "remote", "add", "origin", "../remote.git")
        run_git(clone, "add", "-A")
        run_git(clone, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", self._texts[0])
        run_git(clone, "push", "-q", "origin", "HEAD:main")

    def _run(self, made: Scene, names: Callable[[str], str]) -> None:
        """Apply twice, take a resource out, edit what is live, plan that, and show the plan to a reviewer."""
        made.settle()
        made.run("drift", "--record")
        made.change(names("numbers.yaml"), "  gone:", "  # gone:")
        made.change("reconciler.yaml", "id: pc_0, spec: {voice: jack", "id: pc_0, spec: {voice: theo")
        events = made.run("apply", "--auto-approve", "--format", "json", "--target", "phone_connections.one")
        (self.folder / "run.jsonl").write_text(events.out)
        for place in (0, 1):
            name = f"{self._texts[place]} edited"
            made.world.edit("galtea", "phoneConnections", f"pc_{place}", {"voice": "maria", "name": name})
        for words in ("plan --out PLAN", "ci comment PLAN --pull-request 7"):
            told = made.run(*(made.places.get(word, word) for word in words.split()))
            assert told.code == 0, told.all
