import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.ledger.holder import create_holder, format_holder

holder = create_holder("mira", run="r-1", ttl_seconds=300, now=datetime.now(UTC))
state = Path(".reconciler/sandbox")
state.mkdir(parents=True)
(state / "lock.json").write_text(format_holder(replace(holder, pid=int(sys.argv[1]))))
