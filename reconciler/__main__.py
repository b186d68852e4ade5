"""Run the command line: `python -m reconciler`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from reconciler.cli.root import run
    from reconciler.cli.terminal import occupy_closed_streams

    occupy_closed_streams()
    sys.exit(run())


if __name__ == "__main__":
    main()
