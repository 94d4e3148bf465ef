"""The command `playbook`: a table of subcommands, each loaded only when it is called."""

import importlib

import click

from playbook import __version__

COMMANDS = {
    "serve": "playbook.commands.serve:serve",
    "check": "playbook.commands.checkit:check",
    "review": "playbook.commands.review:review",
    "orders": "playbook.commands.orders:orders",
    "batch": "playbook.commands.batch:batch",
    "exports": "playbook.commands.exports:exports",
    "policy": "playbook.commands.policy:policy",
    "verify": "playbook.commands.verify:verify",
    "purge": "playbook.commands.purge:purge",
    "new-sample": "playbook.commands.new_sample:new_sample",
}
"""Command name -> module and object."""

SUMMARIES = {
    "serve": "Open the desk in a browser.",
    "check": "Run the sample cases and compare them with what is expected.",
    "review": "Check every case of a period against facts, and write a report.",
    "orders": "Import orders from report files.",
    "batch": "Read messages or find orders in bulk (JSON lines).",
    "exports": "Write the warehouse's picking list over all open cases.",
    "policy": "Check, explain and describe the rules.",
    "verify": "Check that the event log was not tampered with.",
    "purge": "Delete personal data whose time has come.",
    "new-sample": "Write the skeleton of a sample case.",
}
"""Command name -> the line in `playbook --help`, so that help loads nothing."""


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called, not when help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command with that name."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of commands, from `SUMMARIES`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in COMMANDS])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="playbook")
def main() -> None:
    """The bulk-order after-sales playbook.

    Start with: playbook serve
    """
