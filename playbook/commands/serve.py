"""`playbook serve`: prepare the desk and serve it."""

import socket
import sys

import click

from playbook.settings import Settings, SettingsError


@click.command(epilog="Example: playbook serve --port 8866")
@click.option(
    "--port", default=8866, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--browser/--no-browser", default=True, help="Open a browser when the desk is ready.")
@click.option("--preheat/--no-preheat", default=True, help="Keep kernels warm, so that pages open at once.")
def serve(port: int, host: str, browser: bool, preheat: bool) -> None:
    """Open the desk: sample orders and open cases are ready at the first start."""
    click.echo("settings  reading the environment")
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    try:
        _try_port(host, port)
    except OSError as error:
        click.echo(f"port {port} cannot be used ({error.strerror}); try --port {port + 1}", err=True)
        sys.exit(3)
    if host not in {"localhost", "127.0.0.1", "::1"}:
        click.echo(f"warning   {host}: everyone who reaches this address can open every case", err=True)
    from playbook.firstrun import prepare_home
    from playbook.policy import PolicyError
    from playbook.store import StoreError

    try:
        for line in prepare_home(settings):
            click.echo(line)
    except (StoreError, SettingsError) as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    except PolicyError as error:
        click.echo(f"The rules cannot be used:\n{error}", err=True)
        sys.exit(3)
    except OSError as error:
        click.echo(f"{settings.home} cannot be used ({error.strerror}): set PLAYBOOK_HOME", err=True)
        sys.exit(3)
    click.echo("kernels   warming up (the first time takes some seconds)")
    from playbook.serve import serve as run

    run(settings, host=host, port=port, open_browser=browser, preheat=preheat, announce=click.echo)


def _try_port(host: str, port: int) -> None:
    """Raise OSError when nothing can listen there: Voilà would end without a way out, after a long start."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.create_server((host, port), family=family).close()
