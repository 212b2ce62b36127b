"""How fast a kernel of the notebooks is, and how much memory it takes.

    cd notebooks && .venv/bin/python ../tests/kernel_speed.py [--rounds 3] [NAME ...]

NAME is a kernel that Jupyter knows; without one, the notebooks' own. In each round every kernel is started and runs the same
cells, so that several kernels are compared under the same load. A number is the smallest of all rounds, in seconds of a clock and,
behind it, of CPU; the first round also compiles what is not compiled yet, so there should be at least two.
"""

import argparse
import os
import pathlib
import statistics
import time

from kernel import NAME, Kernel

FIRST = "let first: usize = \"7\".parse()?;"
# What notebooks do, cell by cell, with ever more variables: two dozen at the end.
WARM = [
    "first + 1",
    "let graph = Nb201::sample(0, 1).build()?;",
    "graph.len()",
    "let machine = Npu::n256();",
    "let profile = machine.profile(&graph)?;",
    "profile.cycles() > 0",
    "let numbers: Vec<f64> = (1..20).map(f64::from).collect();",
    "fn half(x: f64) -> f64 { x / 2.0 }",
    "let halves: Vec<f64> = numbers.iter().map(|&x| half(x)).collect();",
    "println!(\"{}\", halves.len());",
    "let points: Vec<(f64, f64)> = numbers.iter().copied().zip(halves.iter().copied()).collect();",
    "let chart = Chart::new(\"halves\", \"x\", \"y\").line(\"half\", &points);",
    "chart",
    "let frame = df!(\"number\" => &numbers, \"half\" => &halves)?;",
    "frame.height()",
    "frame.clone()",
    "let (low, high) = (numbers[0], numbers[numbers.len() - 1]);",
    "use std::collections::BTreeMap;",
    "let mut counts: BTreeMap<&str, usize> = BTreeMap::new();",
    "for word in [\"a\", \"b\", \"a\"] { *counts.entry(word).or_insert(0) += 1; }",
    "counts",
    "struct Pair { a: f64, b: f64 }",
    "let pair = Pair { a: low, b: high };",
    "pair.a + pair.b",
    "let name = String::from(\"text\"); let letters = name.len();",
    "format!(\"{name} has {letters} letters\")",
    "let cost = graph.cost();",
    "cost.params",
    "let page = Page::new(\"title\").chart(&chart)?;",
    "page",
]
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(process):
    """CPU seconds of a process and of its children that are over."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def peak(process):
    """The most memory that a process has had, in bytes."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def children(process):
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split() + [
        child for task in pathlib.Path(f"/proc/{process}/task").iterdir() if task.name != str(process)
        for child in (task / "children").read_text().split()]


def run(kernel, process, code):
    """Seconds of a cell: of a clock, of CPU."""
    start = (time.monotonic(), cpu(process))
    outcome = kernel.run(code)
    assert outcome.status == "ok", (code, outcome.error)
    return time.monotonic() - start[0], cpu(process) - start[1]


def measure(name):
    """One round of one kernel: start and first cell, every warm cell, memory of the kernel and of the process that runs cells."""
    start = time.monotonic()
    kernel = Kernel(name)
    try:
        process = kernel.manager.provisioner.pid
        run(kernel, process, FIRST)
        first = (time.monotonic() - start, cpu(process))
        cells = [run(kernel, process, code) for code in WARM]
        return first, cells, peak(process), sum(map(peak, children(process)))
    finally:
        kernel.stop()


def smallest(pairs):
    return tuple(min(numbers) for numbers in zip(*pairs))


def report(name, rounds):
    firsts, cells, memory, others = zip(*rounds)
    first = smallest(firsts)
    best = [smallest(of_cell) for of_cell in zip(*cells)]
    clock, processor = zip(*best)
    longest = clock.index(max(clock))
    print(f"{name}, {len(rounds)} rounds on {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}:")
    print(f"  start and first cell {first[0]:.1f} s ({first[1]:.1f} s of CPU)")
    print(f"  {len(WARM)} later cells: median {statistics.median(clock):.2f} s ({statistics.median(processor):.2f} s of CPU), "
          f"longest {max(clock):.2f} s ({processor[longest]:.2f} s of CPU): {WARM[longest]}")
    print(f"  memory of the kernel {min(memory) / 1e9:.2f} GB, of the process that runs cells {min(others) / 1e9:.2f} GB")
    return best


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", default=[NAME], metavar="NAME")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--cells", action="store_true", help="print every cell")
    given = arguments.parse_args()
    rounds = {name: [] for name in given.names}
    for _ in range(given.rounds):
        for name in given.names:
            rounds[name].append(measure(name))
    for name in given.names:
        best = report(name, rounds[name])
        if given.cells:
            for code, (clock, processor) in zip(WARM, best):
                print(f"    {clock:.2f} s ({processor:.2f} s)  {code}")


if __name__ == "__main__":
    main()
