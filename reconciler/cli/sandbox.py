"""`reconciler sandbox`: serve, seed, reset, and list the vices of the simulated vendors."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, command


@click.group("sandbox", context_settings={"help_option_names": ["-h", "--help"]})
def sandbox() -> None:
    """Serve, reset and trouble the simulated vendors.

    `--sandbox` answers every account of a project from them in process; these commands are for looking at them from
    outside.
    """


@command("serve", example="reconciler sandbox serve --port 8642\nreconciler --vice late-429 sandbox serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8642,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes any free one.",
)
def serve(options: Globals, port: int) -> int:
    """Serve the four vendors on loopback, so that any client can talk to them."""
    from reconciler.app.sandbox_state import build_sandbox, find_root
    from reconciler.app.workspace import choose_environment
    from reconciler.cli.terminal import tell
    from reconciler.sandbox import SANDBOX_KEYS
    from reconciler.sandbox import serve as listen

    context = options.build_context()
    served = build_sandbox(find_root(context.folder), environment=choose_environment(context), vices=context.vices)

    def tell_address(opened: int) -> None:
        tell(f"Four vendors at http://127.0.0.1:{opened} (Fluents under /v1). Stop with Ctrl-C.")
        for provider in SANDBOX_KEYS:
            for grant in served.state.world.rows(provider, "keys"):
                world = f" (world {grant['scope']})" if grant["scope"] else ""
                tell(f"  {provider:<12} key {grant['key']}{world}")

    try:
        listen(served, port=port, on_listen=tell_address)
    except OSError as error:
        message = f"Port {port} cannot be opened: {error.strerror}. Name another with --port, or 0 for any free one."
        raise click.ClickException(message) from error
    return 0


@command("seed", example="reconciler sandbox seed --base HEAD^1\nreconciler --sandbox plan")
@click.option("--base", required=True, metavar="COMMIT", help="Fill the sandbox with what this commit declares.")
def seed(options: Globals, base: str) -> int:
    """Fill the sandbox with what an earlier commit declares, so that a plan shows what changed since.

    For pull requests of forks, which have no keys. A project with a sandbox.yaml keeps that as its seed.
    """
    from reconciler.app.sowing import sow_commit
    from reconciler.cli.terminal import tell_diagnostics, write

    sown = sow_commit(options.build_context(), base)
    tell_diagnostics(sown.notes)
    write(f"The sandbox holds {sown.count} more objects, as {base} declares them.")
    return 0


@command("reset", example="reconciler -C examples/quickstart sandbox reset", deed=True)
def reset(options: Globals) -> int:
    """Forget what was applied in the sandbox, in all environments or in that of --env; the next run sows the seed anew."""
    from reconciler.app.sandbox_state import find_root, reset_sandbox
    from reconciler.cli.terminal import write

    context = options.build_context()
    gone = reset_sandbox(find_root(context.folder), environment=context.environment)
    write("The sandbox is as new." if gone else "There was nothing to reset.")
    return 0


@command("vices", example="reconciler sandbox vices\nreconciler --sandbox --vice late-429 plan")
def vices(_options: Globals) -> int:
    """List the vices that `--vice` takes, and the switches that a seed file sets."""
    from reconciler.cli.terminal import write
    from reconciler.sandbox import SWITCHES, VICES

    width = max(map(len, (*VICES, *SWITCHES)))
    write("Vices (--vice NAME[:PARAMETER][@PROVIDER]):")
    for name, line in VICES.items():
        write(f"  {name:<{width}}  {line}")
    write("\nSwitches (switches: in sandbox.yaml), for what is not known about the vendors:")
    for name, switch in SWITCHES.items():
        write(f"  {name:<{width}}  {switch.description} [{' | '.join(map(str, switch.choices))}; {switch.default}]")
    return 0


for subcommand in (serve, seed, reset, vices):
    sandbox.add_command(subcommand)
