"""One kernel for many notebooks, one after another: each finds it as if just started."""

import tempfile
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from playbook.sockets import fits


class WarmKernel:
    """A kernel that forgets everything between two notebooks, and is replaced when it dies."""

    def __init__(self) -> None:
        self.manager: KernelManager | None = None
        self._used = False

    def start(self) -> None:
        """Start it without waiting until it answers."""
        self._folder = tempfile.TemporaryDirectory(prefix="pb-", ignore_cleanup_errors=True)
        self.manager = KernelManager(kernel_name="python3", **connection(Path(self._folder.name)))
        self.manager.start_kernel()
        self._used = False

    def emptied(self) -> KernelManager:
        """The manager of the kernel, which has forgotten the last notebook; of a new one if it has died."""
        if self.manager is not None and self._used:
            self._forget(self.manager)
        if self.manager is None or not self.manager.is_alive():
            self.end()
            self.start()
        assert self.manager is not None
        self._used = True
        return self.manager

    def _forget(self, manager: KernelManager) -> None:
        client = BlockingKernelClient()  # a session of its own: answers go to the session that asks
        client.load_connection_info(manager.get_connection_info())
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            request = client.execute("%reset -f", silent=True)
            while manager.is_alive():
                try:
                    if client.get_shell_msg(timeout=0.5)["parent_header"]["msg_id"] == request:
                        return
                except Empty:
                    continue
        finally:
            client.stop_channels()

    def end(self) -> None:
        """Stop it; it removes what it has written to temporary folders."""
        if self.manager is not None:
            self.manager.shutdown_kernel()
            self._folder.cleanup()
            self.manager = None


KERNEL = WarmKernel()
"""The kernel of this process."""


class WarmEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine on the kernel of this process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_given: Any) -> None:
        """Run the notebook; the kernel stays."""
        client = PapermillNotebookClient(
            nb_man, km=KERNEL.emptied(), kernel_name=kernel_name, startup_timeout=60
        )
        try:
            client.execute()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()


papermill_engines.register("warm", WarmEngine)


def connection(folder: Path) -> dict[str, str]:
    """How to reach a kernel: by sockets in a folder of its own, which is faster than ports.

    Left to itself jupyter_client names such sockets ``kernel-ipc-N`` in the working directory, where
    kernels that start at the same moment take each other's.
    """
    place = folder / "k"  # jupyter_client puts a number behind it
    return {"transport": "ipc", "ip": str(place)} if fits(Path(f"{place}-00000")) else {"transport": "tcp"}
