"""`autogo label` under Slurm and under HyperQueue, both started for real on this machine; a worker is killed in mid-item.

    python tests/clusters.py PROGRAM [slurm] [hyperqueue]

PROGRAM is the built `autogo`; AUTOGO_DATA has to be set. A scheduler that is not installed (Debian's slurm-wlm, PyPI's
hyperqueue) is skipped with a sentence.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else "autogo").resolve()
RECIPE = "batch = 64\nimages = 3000\n"


def autogo(*arguments, check=True):
    done = subprocess.run([PROGRAM, "label", *map(str, arguments)], capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def planned(scratch):
    folder, recipe = scratch / "work", scratch / "recipe.toml"
    recipe.write_text(RECIPE)
    autogo("plan", folder, "--recipe", recipe, "--family", "nb201=6", "--seeds", "1", "--expiry", "3")
    return folder


def wait(what, holds, seconds=180):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def kill_one(folder):
    """Kills the process that holds a lease."""
    leases = folder / "leases"
    wait("a lease", lambda: any(lease.read_text().strip() for lease in leases.iterdir()))
    for lease in leases.iterdir():
        holder = lease.read_text().split()[0]
        os.kill(int(holder.rsplit(":", 1)[1]), signal.SIGKILL)
        return holder
    raise AssertionError("no lease")


def finished(folder):
    """Six results, no failure, nothing left behind but the dead worker's lease was succeeded."""
    wait("six results", lambda: len(list((folder / "results").iterdir())) == 6)
    status = autogo("status", folder)
    assert status.startswith("6 items: 6 done, 0 running, 0 waiting, 0 failed"), status
    table = folder.parent / "table.parquet"
    assert "6 trainings" in autogo("collect", folder, "--out", table)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def slurm(scratch):
    for program in ["slurmctld", "slurmd", "sbatch"]:
        if shutil.which(program) is None and not Path(f"/usr/sbin/{program}").exists():
            return "Slurm is not installed (Debian: slurm-wlm)"
    host, cores = socket.gethostname(), os.cpu_count()
    conf, state = scratch / "slurm.conf", scratch / "state"
    state.mkdir()
    conf.write_text(
        f"""ClusterName=autogo
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser={getpass.getuser()}
SlurmdUser={getpass.getuser()}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
StateSaveLocation={state}
SlurmdSpoolDir={state}/spool
SlurmctldPidFile={state}/ctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/ctld.log
SlurmdLogFile={state}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
    )
    os.environ["SLURM_CONF"] = str(conf)
    os.environ["PATH"] += ":/usr/sbin"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    daemons = [subprocess.Popen([daemon, "-D", "-f", conf], **quiet) for daemon in ["slurmctld", "slurmd"]]
    try:
        idle = lambda: "idle" in subprocess.run(["sinfo", "-h"], capture_output=True, text=True).stdout
        wait("an idle node", idle, 60)
        folder = planned(scratch)
        run = subprocess.Popen([PROGRAM, "label", "run", folder, "--slurm", "partition=all", "--workers", "2"])
        kill_one(folder)
        # The other worker goes on, and succeeds to the dead worker's lease.
        finished(folder)
        assert run.wait(60) == 0
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait()
    return None


def hyperqueue(scratch):
    try:
        from hyperqueue.cluster import LocalCluster, WorkerConfig
    except ImportError:
        return "HyperQueue is not installed (PyPI: hyperqueue)"
    with LocalCluster(server_dir=str(scratch / "server")) as cluster:
        cluster.start_worker(WorkerConfig(cores=2))
        os.environ["HQ_SERVER_DIR"] = str(scratch / "server")
        folder = planned(scratch)
        run = subprocess.Popen([PROGRAM, "label", "run", folder, f"--hyperqueue={sys.executable}", "--workers", "2"])
        kill_one(folder)
        finished(folder)
        assert run.wait(60) == 0
    return None


def main():
    if not os.environ.get("AUTOGO_DATA"):
        print("skipped: AUTOGO_DATA is not set")
        return
    asked = sys.argv[2:]
    for scheduler in (one for one in [slurm, hyperqueue] if not asked or one.__name__ in asked):
        with tempfile.TemporaryDirectory() as scratch:
            begun = time.monotonic()
            missing = scheduler(Path(scratch))
            seconds = time.monotonic() - begun
            print(f"{scheduler.__name__}: skipped: {missing}" if missing else f"{scheduler.__name__}: ok in {seconds:.0f} s")


main()
