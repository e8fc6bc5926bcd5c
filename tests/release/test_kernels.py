"""Kernels as a release run uses them: papermill unchanged, real processes, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest
from nbclient.exceptions import DeadKernelError

from raikit.release.kernels import KernelHost, Manager
from raikit.release.preload import preload
from raikit.release.server import KernelServer

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks and /proc")


@pytest.fixture(scope="module")
def forking() -> Iterator[KernelHost]:
    with KernelHost(KernelServer(fork=True, threads=2)) as host:  # the server itself has one
        yield host


@pytest.fixture(scope="module")
def ordinary() -> Iterator[KernelHost]:
    with KernelHost(KernelServer(fork=False)) as host:
        yield host


@pytest.fixture(params=["ordinary", pytest.param("forking", marks=linux)])
def host(request: pytest.FixtureRequest) -> KernelHost:
    return request.getfixturevalue(request.param)


def execute(manager: Manager, cells: tuple[str, ...], path: str | None = None) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return papermill.execute_notebook(
        notebook,
        None,
        kernel_name="python3",
        language="python",
        km=manager,
        progress_bar=False,
        resources={"metadata": {"path": path}} if path else {},
    )


def outputs(
    host: KernelHost, *cells: str, env: dict[str, str] | None = None, path: str | None = None
) -> list[list[nbformat.NotebookNode]]:
    manager = host.manager(env or {})
    try:
        return [cell.outputs for cell in execute(manager, cells, path).cells]
    finally:
        host.release(manager)


def printed(host: KernelHost, cell: str, **kwargs: object) -> str:
    [[output]] = outputs(host, cell, **kwargs)
    return output.text.strip()


def group_of(pid: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: object, seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def lines_of(path: Path, count: int) -> list[int]:
    """Process ids that a cell or a driver wrote, when `count` are there."""

    def there() -> bool:
        return path.exists() and len(path.read_text().split()) >= count

    assert eventually(there)
    return [int(word) for word in path.read_text().split()]


def test_this_interpreter_runs_whatever_kernelspec_shadows_it(
    host: KernelHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["/bin/false", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert printed(host, "import sys; print(sys.executable)") == sys.executable


def test_tables_print_alike_in_every_kernel(host: KernelHost) -> None:
    # 20 is what pandas sets in a notebook's kernel; in a terminal it is 0, the terminal's width.
    assert printed(host, "import pandas; print(pandas.get_option('display.max_columns'))").strip() == "20"


def test_environment_and_folder_reach_the_kernel(host: KernelHost, tmp_path: Path) -> None:
    cell = "import os; print(os.environ['RAIKIT_CONTEXT'], os.getcwd())"
    text = printed(host, cell, env={"RAIKIT_CONTEXT": "context.json"}, path=str(tmp_path))
    assert text.split() == ["context.json", str(tmp_path.resolve())]


@pytest.mark.parametrize(("name", "threads"), [("ordinary", 1), pytest.param("forking", 2, marks=linux)])
def test_numerical_libraries_have_the_threads_asked_for(
    request: pytest.FixtureRequest, name: str, threads: int
) -> None:
    cell = (
        "import os, numpy, threadpoolctl\n"
        "print({i['num_threads'] for i in threadpoolctl.threadpool_info()}, os.environ['OMP_NUM_THREADS'])"
    )
    assert printed(request.getfixturevalue(name), cell) == f"{{{threads}}} {threads}"


def test_a_module_beside_the_notebook_can_be_imported(host: KernelHost, tmp_path: Path) -> None:
    (tmp_path / "helper_beside.py").write_text("value = 42")
    cell = "import helper_beside; print(helper_beside.value)"
    assert printed(host, cell, path=str(tmp_path)) == "42"


def test_a_folder_that_is_gone_is_the_reason(host: KernelHost, tmp_path: Path) -> None:
    manager = host.manager({})
    with pytest.raises(RuntimeError, match="Kernel died"):
        execute(manager, ("1",), path=str(tmp_path / "gone"))
    assert "No such file or directory" in host.reason(manager)
    host.release(manager)


def test_a_released_kernel_ends_as_an_interpreter_does(host: KernelHost, tmp_path: Path) -> None:
    cell = f"import atexit, pathlib; atexit.register(pathlib.Path({str(tmp_path / 'said')!r}).touch);"
    outputs(host, cell)
    assert (tmp_path / "said").exists()


def test_startup_files_of_the_user_are_no_part_of_a_run(
    host: KernelHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("sneaked_in = True")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    assert printed(host, "print('sneaked_in' in globals())") == "False"


def test_two_kernels_at_once_differ_in_random_numbers(host: KernelHost) -> None:
    cell = (
        "import random, uuid, numpy as np\n"
        "print(random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4())"
    )
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: printed(host, cell).split(), range(2))
    assert len(first) == 4
    assert not set(first) & set(second)


CELLS = (
    "import sys\nimport numpy as np\nimport pandas as pd\nprint([p for p in sys.path if p], file=sys.stderr)",
    "pd.DataFrame({'x': np.random.default_rng(7).normal(size=3)})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "import os\nos.system('echo from below') and None",
    "import warnings\nwarnings.warn('look')",
    "import matplotlib\nprint(matplotlib.get_backend(), plt.get_fignums(), __name__)",
)


@linux
def test_forked_and_ordinary_kernels_give_the_same_outputs(
    forking: KernelHost, ordinary: KernelHost, tmp_path: Path
) -> None:
    forked = outputs(forking, *CELLS, path=str(tmp_path))
    assert "image/png" in forked[2][0]["data"]
    for cell, one, other in zip(CELLS, forked, outputs(ordinary, *CELLS, path=str(tmp_path)), strict=True):
        # a warning names its temporary file: in the release's own folder, with the process id
        one, other = (
            re.sub(r"raikit-\w+/ipykernel_\d+/\d+", "", json.dumps(list(out))) for out in (one, other)
        )
        assert one == other, cell


@linux
def test_a_forked_kernel_has_the_imports_already(forking: KernelHost) -> None:
    manager = forking.manager({})
    cell = "import sys; print(*(m for m in ('pandas', 'shap', 'duckdb', 'debugpy') if m in sys.modules))"
    names = execute(manager, (cell,)).cells[0].outputs[0].text
    forking.release(manager)
    assert names.split() == ["pandas", "shap", "duckdb"]
    assert manager.provisioner.forked
    assert printed(forking, "import tempfile; print(tempfile.gettempdir())") == str(forking.folder)
    cell = "import duckdb; print(duckdb.sql('select sum(range) from range(1000000)').fetchall())"
    assert printed(forking, cell) == "[(499999500000,)]"


@linux
def test_preload_stops_when_the_driver_is_gone() -> None:
    assert preload(going_on=lambda: False) is False


DEATHS = {
    "import os; os._exit(3)": "ended with exit status 3",
    "import ctypes; ctypes.string_at(0)": "ended by SIGSEGV",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)": "ended by SIGKILL",
}


@pytest.mark.parametrize("cell", DEATHS)
def test_a_kernel_that_dies_says_how(host: KernelHost, cell: str) -> None:
    manager = host.manager({})
    with pytest.raises(DeadKernelError):
        execute(manager, (cell,))
    assert host.reason(manager).startswith(DEATHS[cell])
    host.release(manager)
    assert printed(host, "print('next')") == "next"


FAMILY = """
import os, subprocess, sys, tempfile, time
tempfile.mkstemp()
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
near = subprocess.Popen(sleep)
far = subprocess.Popen(sleep, start_new_session=True)
with open({path!r}, "w") as file:
    print(os.getpid(), near.pid, far.pid, file=file)
while True:
    pass
"""


def test_kill_ends_a_busy_kernel_and_all_that_it_started(tmp_path: Path) -> None:
    with KernelHost(KernelServer(fork=False)) as host:
        manager = host.manager({})
        pids: list[int] = []

        def deadline() -> None:
            pids.extend(lines_of(tmp_path / "pids", 3))
            host.kill(manager)
            host.kill(manager)

        thread = threading.Thread(target=deadline)
        thread.start()
        with pytest.raises(DeadKernelError):
            execute(manager, (FAMILY.format(path=str(tmp_path / "pids")),))
        thread.join()
        assert group_of(pids[0]) == []
        assert host.reason(manager) == "ended by SIGKILL"
        host.release(manager)
        assert eventually(lambda: not any(map(running, pids)))


@linux
def test_kill_does_not_wait_for_the_imports(tmp_path: Path) -> None:
    started = time.monotonic()
    with KernelHost(KernelServer(fork=True)) as host:
        manager = host.manager({})
        timer = threading.Timer(0.5, host.kill, [manager])
        timer.start()
        with pytest.raises(RuntimeError, match="before it started"):
            execute(manager, (f"open({str(tmp_path / 'ran')!r}, 'w')",))
        assert time.monotonic() - started < 3
        host.release(manager)
    assert not (tmp_path / "ran").exists()


def test_a_kernel_killed_before_its_start_never_starts(ordinary: KernelHost) -> None:
    manager = ordinary.manager({})
    ordinary.kill(manager)
    with pytest.raises(RuntimeError, match="before it started"):
        execute(manager, ("1",))
    ordinary.release(manager)


def test_a_kernel_over_its_memory_is_ended_with_that_reason() -> None:
    with KernelHost(KernelServer(fork=False, memory_bytes=300_000_000)) as host:
        manager = host.manager({})
        with pytest.raises(DeadKernelError):
            execute(manager, ("kept = [b'x' * 20_000_000 for _ in range(1000)]",))
        assert host.reason(manager).endswith("MB of memory; the cap is 300 MB")
        host.release(manager)
        assert printed(host, "print('next')") == "next"


DRIVER = """
import sys
import nbformat, papermill
from raikit.release.kernels import KernelHost
from raikit.release.server import KernelServer

cell = nbformat.v4.new_code_cell(open(sys.argv[1]).read())
host = KernelHost(KernelServer(fork=sys.argv[2] == "fork"))
with open(sys.argv[3], "w") as file:
    print(host._server.process.pid, file=file)
papermill.execute_notebook(
    nbformat.v4.new_notebook(cells=[cell]), None, kernel_name="python3", language="python",
    km=host.manager({}), progress_bar=False,
)
"""


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[object]:
    """Start a process that runs `FAMILY`; its temporary folder is `tmp_path`/tmp."""
    started = []

    def start(mode: str) -> subprocess.Popen[bytes]:
        (tmp_path / "tmp").mkdir()
        (tmp_path / "cell.py").write_text(FAMILY.format(path=str(tmp_path / "pids")))
        files = [str(tmp_path / "cell.py"), mode, str(tmp_path / "server")]
        env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
        started.append(subprocess.Popen([sys.executable, "-c", DRIVER, *files], env=env))
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_driver_leaves_no_process_and_no_file(driver: object, tmp_path: Path, sent: int) -> None:
    process = driver("ordinary")
    pids = [*lines_of(tmp_path / "pids", 3), *lines_of(tmp_path / "server", 1)]
    assert all(map(running, pids))
    process.send_signal(sent)
    assert eventually(lambda: not any(map(running, pids)))
    assert eventually(lambda: not list((tmp_path / "tmp").iterdir()))


@linux
def test_a_driver_killed_during_the_imports_leaves_nothing(driver: object, tmp_path: Path) -> None:
    process = driver("fork")
    pids = lines_of(tmp_path / "server", 1)
    time.sleep(0.5)
    process.kill()
    assert eventually(lambda: not any(map(running, pids)))  # at the end of the import that is going on
    assert eventually(lambda: not list((tmp_path / "tmp").iterdir()))


def test_a_server_that_dies_is_replaced_by_one_that_does_not_fork() -> None:
    with KernelHost(KernelServer()) as host:
        host._server.process.kill()
        assert printed(host, "print('next')") == "next"
        server = host._server
        server.process.kill()
        server.process.wait()
        assert printed(host, "print('and next')") == "and next"


@linux
def test_kernels_end_with_their_server(ordinary: KernelHost, tmp_path: Path) -> None:
    with KernelHost(KernelServer(fork=False)) as host:
        manager = host.manager({})

        def kill_server() -> None:
            lines_of(tmp_path / "pids", 3)
            host._server.process.kill()

        thread = threading.Thread(target=kill_server)
        thread.start()
        with pytest.raises(DeadKernelError):
            execute(manager, (FAMILY.format(path=str(tmp_path / "pids")),))
        thread.join()
        pid, *others = lines_of(tmp_path / "pids", 3)
        assert eventually(lambda: not running(pid))
        assert host.reason(manager) == "its kernel server ended"
        host.release(manager)
        for other in others:  # only the server could have ended these
            psutil.Process(other).kill()


def test_close_leaves_nothing() -> None:
    host = KernelHost(KernelServer(fork=False))
    folder, server = host._server.folder, host._server.process
    threads = threading.active_count()
    manager = host.manager({})
    execute(manager, ("1",))
    pid = manager.provisioner.pid
    assert running(pid)
    host.close()
    assert not running(pid)
    assert server.poll() is not None
    assert not folder.exists()
    assert threading.active_count() == threads
