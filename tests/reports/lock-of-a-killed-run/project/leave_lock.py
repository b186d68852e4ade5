import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.ledger.holder import create_holder
from reconciler.ledger.lock_text import format_holders

holder = create_holder("mira", run="r-1", ttl_seconds=300, now=datetime.now(UTC))
state = Path(".reconciler/sandbox")
state.mkdir(parents=True)
(state / "lock.json").write_text(format_holders([replace(holder, pid=int(sys.argv[1]))]) or "")
