"""Files of a checkout that run, or lead elsewhere, wherever a tool looks into its own folder first."""

from __future__ import annotations

from pathlib import Path

TRAP = "import pathlib\npathlib.Path({mark!r}).touch()\n"
MODULES = (
    "venv",
    "pip",
    "ensurepip",
    "reconciler",
    "sitecustomize",
    "usercustomize",
    "click",
    "json",
    "hatchling",
    "site",
)


def plant_traps(workspace: Path, *, mark: Path) -> None:
    """Plant them all in a checkout; whatever runs leaves `mark`."""
    code = TRAP.format(mark=str(mark))
    for name in MODULES:
        (workspace / f"{name}.py").write_text(code, encoding="utf-8")
    (workspace / "trap.pth").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n", encoding="utf-8")
    elsewhere = "http://127.0.0.1:9/simple"
    texts = {
        "pip.conf": f"[global]\nindex-url = {elsewhere}\n",
        "pip.ini": f"[global]\nindex-url = {elsewhere}\n",
        "uv.toml": f'index-url = "{elsewhere}"\n',
        "requirements.txt": "no-such-package-of-anybody==1\n",
        "constraints.txt": "no-such-package-of-anybody==1\n",
        "setup.py": code,
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "trap"\nbackend-path = ["."]\n',
        "setup.cfg": "[metadata]\nname = trap\n",
        ".python-version": "1.0\n",
        "pyvenv.cfg": "home = /nowhere\n",
    }
    for name, text in texts.items():
        (workspace / name).write_text(text, encoding="utf-8")
