"""Every command in the READMEs is run, as a reader would type it, in a folder laid out like the checkout."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

INSTALLS = {"pip install . && playbook serve", 'pip install -e ".[test]" && pytest'}
SERVES = {"jupyter lab notebooks/case.ipynb", "voila notebooks/case.ipynb"}


def commands(readme: str) -> list[str]:
    """The shell lines of a README, in order."""
    blocks = FENCE.findall((ROOT / readme).read_text("utf-8"))
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = commands("README.md")
ORDINARY = [line for line in COMMANDS if line not in INSTALLS | SERVES]


def test_both_readmes_show_the_same_commands() -> None:
    assert commands("README.zh-CN.md") == COMMANDS
    assert set(COMMANDS) >= INSTALLS | SERVES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the checkout, with the files that the commands name as examples."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, place / name)
    (place / "messages.jsonl").write_text(
        '{"id": "m1", "message": "3 mugs arrived broken", "language": null, "order": {"order_id":'
        ' "114-3920518-6604217", "lines": [{"line": 1, "sku": "MUG", "asin": null, "title": "Mug, grey",'
        ' "units": 40, "unit_price": "4.25", "currency": "USD"}]}}\n',
        "utf-8",
    )
    (place / "queries.jsonl").write_text('{"id": "q1", "text": "order 114-3920518-6604217"}\n', "utf-8")
    (place / "message.txt").write_text("Order 114-3920518-6604217: three of them arrived broken.", "utf-8")
    (place / "shop.csv").write_text(
        "Invoice,Date,Code,Name,Qty,Price\nA1,2026-11-02 10:00,MUG,Mug,40,4.25\n", "utf-8"
    )
    (place / "products.csv").write_text("sku,family,supplier\nMUG,mugs,Acme\n", "utf-8")
    (place / "returns.csv").write_text(
        "return-date,order-id,sku,asin,fnsku,product-name,quantity,fulfillment-center-id,detailed-disposition,reason,"
        "status,license-plate-number,customer-comments\n2026-11-18T09:00:00+00:00,114-3920518-6604217,MUG,B000000001,"
        "X1,Mug,1,ABE2,CUSTOMER_DAMAGED,DEFECTIVE,Reimbursed,LPN1,handle broke off\n",
        "utf-8",
    )
    (place / "stock.csv").write_text("sku,units\nMUG,12\n", "utf-8")
    (place / "map.yaml").write_text(
        "order_id: Invoice\nplaced_at: {column: Date, timezone: Europe/London}\nsku: Code\ntitle: Name\n"
        "units: Qty\nunit_price: Price\ncurrency: {const: GBP}\nchannel: {const: FBM}\nmarketplace: {const: UK}\n",
        "utf-8",
    )
    return place


def environment(folder: Path, bin_dir: Path = BIN) -> dict[str, str]:
    """The environment of a user, with our programs first on the path."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PLAYBOOK_", "COV_"))}
    return {**kept, "PATH": f"{bin_dir}{os.pathsep}{kept['PATH']}", "PLAYBOOK_HOME": str(folder / "home")}


@pytest.mark.parametrize("line", ORDINARY)
def test_command_runs(line: str, folder: Path) -> None:
    if line.startswith("playbook new-sample"):
        line = f"{line} --data {folder / 'data'}"
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    findings = 1 if line.startswith("playbook review") else 0
    assert done.returncode == findings, done.stdout[-3000:] + done.stderr[-3000:]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str, process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether the address answers within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return bool(reply.status == 200)
        except OSError:
            time.sleep(0.3)
    return False


@pytest.mark.parametrize("line", sorted(SERVES))
def test_server_starts(line: str, folder: Path) -> None:
    port = free_port()
    extra = "--no-browser --allow-root --ServerApp.token= " if line.startswith("jupyter") else "--no-browser "
    command = f"exec {line} {extra}--port {port}"
    with subprocess.Popen(
        command, shell=True, cwd=folder, env=environment(folder), stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert answers(f"http://localhost:{port}/", process, 90)
        finally:
            process.terminate()


def fresh(tmp_path: Path) -> Path:
    """The programs of a fresh virtual environment."""
    venv.create(tmp_path / "venv", with_pip=True)
    return tmp_path / "venv" / "bin"


def checkout(tmp_path: Path) -> Path:
    """The tracked files, as somebody who just cloned has them."""
    place = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(place)], check=True)
    return place


@pytest.mark.install
def test_install_and_serve(tmp_path: Path) -> None:
    assert "pip install . && playbook serve" in COMMANDS
    bin_dir, place, port = fresh(tmp_path), checkout(tmp_path), free_port()
    env = environment(tmp_path, bin_dir)
    constraints = str(ROOT / "constraints.txt")
    subprocess.run([bin_dir / "pip", "install", "-q", "-c", constraints, "."], cwd=place, env=env, check=True)
    command = [bin_dir / "playbook", "serve", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=env) as process:
        try:
            assert answers(f"http://localhost:{port}/", process, 120)
        finally:
            process.terminate()


@pytest.mark.install
def test_install_for_tests(tmp_path: Path) -> None:
    assert 'pip install -e ".[test]" && pytest' in COMMANDS
    bin_dir, place = fresh(tmp_path), checkout(tmp_path)
    env = environment(tmp_path, bin_dir)
    constraints = str(ROOT / "constraints.txt")
    subprocess.run(
        [bin_dir / "pip", "install", "-q", "-c", constraints, "-e", ".[test]"], cwd=place, env=env, check=True
    )
    done = subprocess.run(
        [bin_dir / "pytest", "-q", "tests/unit", "tests/properties", "-x", "-k", "domain"],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
