"""The kernel of a checking process: used again and again, empty each time, replaced when it dies."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from playbook.samplecases import runner, warmkernel
from playbook.samplecases.warmkernel import WarmKernel

pytestmark = pytest.mark.filterwarnings(
    "ignore:Passing unrecognized arguments:DeprecationWarning", "ignore::DeprecationWarning:zmq"
)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[WarmKernel]:
    """A kernel of the test's own in the place of the process's."""
    monkeypatch.setenv("PLAYBOOK_CASES", "")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    own = WarmKernel()
    monkeypatch.setattr(warmkernel, "KERNEL", own)
    yield own
    own.end()


def known(kernel: WarmKernel, name: str) -> bool:
    """Whether the kernel knows a name."""
    assert kernel.manager is not None
    client = BlockingKernelClient()
    client.load_connection_info(kernel.manager.get_connection_info())
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    reply = client.execute("", user_expressions={"it": name}, silent=True, reply=True, timeout=30)
    client.stop_channels()
    status: str = reply["content"]["user_expressions"]["it"]["status"]
    return status == "ok"


def test_one_kernel_after_another_case_and_after_its_death(kernel: WarmKernel, tmp_path: Path) -> None:
    first = runner.run_one("abc-list", tmp_path / "first.ipynb")
    assert first.is_green, first
    assert kernel.manager is not None
    assert known(kernel, "work")
    assert kernel.emptied() is kernel.manager
    assert not known(kernel, "work")
    assert kernel.manager.provisioner is not None
    dead = kernel.manager
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while dead.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    second = runner.run_one("fba-redirect", tmp_path / "second.ipynb")
    assert second.is_green, second
    assert kernel.manager is not dead
