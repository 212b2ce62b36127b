"""Hands workers to a running HyperQueue server: python hyperqueue.py WORKERS FOLDER PROGRAM ARGUMENT..."""

import os
import sys

from hyperqueue import Client
from hyperqueue.job import Job

workers, folder, *program = sys.argv[1:]
# What a worker needs to find data and libraries, and no more of this shell.
kept = {name: value for name, value in os.environ.items() if name.startswith("AUTOGO_") or name == "LD_LIBRARY_PATH"}
# A worker that is killed is no reason to end the others.
job = Job(name="autogo", default_workdir=folder, default_env=kept, max_fails=None)
for number in range(int(workers)):
    log = os.path.join(folder, f"hyperqueue-{number}.log")
    job.program(program, stdout=log, stderr=log, name=f"worker {number}")
print(f"HyperQueue job {Client(os.environ.get('HQ_SERVER_DIR')).submit(job).id} with {workers} workers")
