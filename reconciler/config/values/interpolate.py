"""Put variables and files into values.

`${var.NAME}` is a variable, `${file:PATH}` the text of a file in the project, `$${` a literal `${`. Nothing that was put
in is looked at again. No environment variable but `RECONCILER_VAR_*` can be reached (see `variables`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconciler.config.suggest import suggest
from reconciler.config.text.leftovers import BLANK_ADVICE, find_leftover, is_blank
from reconciler.config.text.reading import MAX_INCLUDED_BYTES, FileReader, ReadError
from reconciler.config.text.source import quote
from reconciler.config.values.nearby import Nearby

MAX_CHARACTERS: Final = 256 * 1024 * 1024
"""How much text all interpolations of a project may put in together."""

PART: Final = re.compile(r"\$\$\{|\$\{(\s*file:(?:[^{}]|\$\{[^{}]*\})*|[^{}]*)\}|\$\{")
"""A literal `${`, one interpolation, or one that is not closed. The path of a file may hold interpolations itself."""

_LONE: Final = re.compile(r"\$\{\s*var\.[^{}]*\}")


class InterpolationError(Exception):
    """A `${...}` cannot be replaced; the arguments are those of a diagnostic."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class Interpolator:
    """Replace every `${...}` of a text."""

    __slots__ = ("_files", "_nearby", "_produced", "_reader", "_variables")

    def __init__(self, reader: FileReader, variables: Mapping[str, str]) -> None:
        self._reader = reader
        self._nearby = Nearby(reader.root)
        self._variables = variables
        self._files: dict[str, str | ReadError] = {}
        self._produced = 0

    def expand(self, text: str) -> str:
        """Return the text with every `${...}` replaced; raise InterpolationError."""
        expanded = PART.sub(self._replace, text)
        if "${" in text and is_blank(expanded):
            message = (
                f"{quote(text)} comes out empty" if not expanded else f"{quote(text)} comes out as white space only"
            )
            raise InterpolationError("blank-value", message, f"Set what it names. {BLANK_ADVICE}")
        return expanded

    def _replace(self, found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if found[1] is None:
            raise InterpolationError(
                "bad-interpolation", "`${` is not closed by `}`", "Close it, or write `$${` for a literal `${`."
            )
        inner = found[1].strip()
        if inner.startswith("var."):
            replacement = self._find_variable(inner.removeprefix("var."))
        elif inner.startswith("file:"):
            replacement = self._read_file(self.expand(inner.removeprefix("file:").strip()))
        elif inner.startswith("secret."):
            raise refuse_misplaced(inner.removeprefix("secret."))
        else:
            raise _refuse(inner)
        self._spend(len(replacement))
        return replacement

    def _spend(self, characters: int) -> None:
        self._produced += characters
        if self._produced > MAX_CHARACTERS:
            message = (
                f"the interpolations of this project put in more than {MAX_CHARACTERS // (1024 * 1024)} MiB of text"
            )
            raise InterpolationError("file-too-large", message, "Use smaller files.")

    def _find_variable(self, name: str) -> str:
        if name in self._variables:
            return self._variables[name]
        advice = f"Set it with --var {name}=VALUE, RECONCILER_VAR_{name} or `vars:` in environments/<env>.yaml."
        nearest = suggest(name, self._variables)
        raise InterpolationError(
            "variable-undefined", f"the variable {quote(name)} is not defined", f"{nearest} {advice}".strip()
        )

    def _read_file(self, path: str) -> str:
        if path not in self._files:
            self._files[path] = self._load(path)
        text = self._files[path]
        if isinstance(text, ReadError):
            raise InterpolationError(text.code, f"{quote(path)}: {text}", self._nearby.advise(path, text))
        return text

    def _load(self, path: str) -> str | ReadError:
        """Read an included file. Line ends become line feeds as in a YAML block; the last one, which editors add, is dropped."""
        if not path or path.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", path):
            advice = "Write a path that starts at the project folder, for example prompts/front-desk.md."
            return ReadError("file-outside", "only paths below the project folder are read", advice)
        try:
            text = self._reader.read(path, limit=MAX_INCLUDED_BYTES)
        except ReadError as error:
            return error
        return _refuse_unwanted(text) or text.replace("\r\n", "\n").removesuffix("\n")


def refuse_misplaced(name: str) -> InterpolationError:
    """Refuse a secret in a place that is shown, logged or kept."""
    message = f"the secret {quote(name)} may not be put here: this is shown in plans and kept in clear"
    advice = "Secrets go into the fields that their schema marks as secret; `reconciler explain` tells which they are."
    return InterpolationError("secret-misplaced", message, advice)


def _refuse_unwanted(text: str) -> ReadError | None:
    leftover = find_leftover(text)
    if leftover:
        return ReadError("unwanted-content", f"the file holds {leftover.message}", leftover.advice)
    if is_blank(text):
        message = "the file is empty" if not text else "the file holds white space only"
        return ReadError("blank-value", message, f"Fill it. {BLANK_ADVICE}")
    return None


def is_lone_variable(text: str) -> bool:
    """Tell whether a text is one `${var.NAME}` and nothing else: then the field's type decides what it becomes."""
    return _LONE.fullmatch(text) is not None


def _refuse(inner: str) -> InterpolationError:
    message = f"{quote('${' + inner + '}')} is not known"
    known = "${var.NAME}, ${file:PATH}, ${kind.name.field} and, in secret fields, ${secret.NAME}"
    advice = f"Known: {known}. Write $${{ for a literal ${{."
    if inner.startswith(("env.", "env:")):
        advice = "Environment variables are not readable, except RECONCILER_VAR_NAME as ${var.NAME}."
    return InterpolationError("bad-interpolation", message, advice)
