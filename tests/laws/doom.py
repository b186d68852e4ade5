"""Kill a process from outside, at a chosen write of its store: by the hand of git, or of the storage's server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

GIT = """#!/bin/sh
# Count the commands that move a ref, and kill who asked for the chosen one: before it is done, or after.
what=
for word in "$@"; do
  case "$word" in push | update-ref) what="$word" ;; esac
done
if [ -z "$what" ] || ! read -r victim number side place < "{doom}"; then
  exec "{git}" "$@"
fi
count=$(cat "{doom}.count" 2>/dev/null || echo 0)
echo $((count + 1)) > "{doom}.count"
if [ "$count" = "$number" ] && [ "$side" = before ]; then
  echo "before $what" > "$place"
  kill -9 "$victim"
  exit 1
fi
"{git}" "$@"
code=$?
if [ "$count" = "$number" ]; then
  echo "after $what" > "$place"
  kill -9 "$victim"
fi
exit "$code"
"""


@dataclass(frozen=True)
class Doom:
    """Who is to die at which write, told through a file to whoever sees the writes."""

    path: Path

    def await_write(self, victim: int, *, number: int, side: str, place: Path) -> None:
        """Let a process die at a write; what it was is told in a file."""
        self._count.unlink(missing_ok=True)
        self.path.write_text(f"{victim} {number} {side} {place}\n", encoding="utf-8")

    def lift(self) -> None:
        """Let nobody die any more."""
        self.path.unlink(missing_ok=True)

    def see(self, what: str, side: str) -> None:
        """Take in a write of the storage, from either of its sides."""
        with contextlib.suppress(FileNotFoundError):
            victim, number, wanted, place = self.path.read_text("utf-8").split()
            seen = int(self._count.read_text("utf-8")) if self._count.exists() else 0
            self._count.write_text(str(seen + (side == "after")), encoding="utf-8")
            if (seen, side) == (int(number), wanted):
                Path(place).write_text(f"{side} {what}", encoding="utf-8")
                os.kill(int(victim), signal.SIGKILL)

    @property
    def _count(self) -> Path:
        return self.path.with_name(f"{self.path.name}.count")


def write_git(path: Path, doom: Doom) -> None:
    """Write a git that kills."""
    found = shutil.which("git")
    assert found is not None
    path.parent.mkdir(parents=True)
    path.write_text(GIT.replace("{doom}", str(doom.path)).replace("{git}", found), encoding="utf-8")
    path.chmod(0o755)
