#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Two builds of the broker side by side, in turns (ABAB...): each load's median of the rounds, and the median of the
differences round by round. The load generator and the loads are those of the second build. Printed as Markdown; with
--record it becomes a section of bench/RESULTS.md."""

import argparse
import json
import os
import pathlib
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
FLUSH_MODES = ("async", "sync")
# name, flush mode, mode of petrel-bench, its arguments; a run of `consume` drains what its fill stored
LOADS = (
    ("1 KiB, 256 in flight", "async", "produce", "--inflight 256"),
    ("16 x 1 KiB a request, 64 in flight", "async", "produce", "--batch 16 --inflight 64"),
    ("SYNC_FLUSH, 1 KiB, 64 in flight", "sync", "produce", "--inflight 64"),
    ("1 KiB, 5,000/s sent and received", "async", "both", "--rate 5000 --group bench"),
    ("1 KiB, received and acknowledged", "async", "consume", "--group drain --count 300000 --receivers 8"),
)
FILL = "--batch 16 --inflight 64 --count 300000"
MICRO = ("send/64/1/iterations:2000", "send/64/16/iterations:2000", "receive_and_ack/iterations:2000")


class Build:
    """One build's brokers, one a flush mode; each has a store of its own below `work`."""

    def __init__(self, name, directory, work, port, prefer):
        self.name, self.bin, self.prefer = name, pathlib.Path(directory).resolve() / "bin", prefer
        self.ports, self.processes = {}, {}
        for number, mode in enumerate(FLUSH_MODES):
            self.ports[mode] = port + 2 * number
            self.start(mode, work / f"{name}-{mode}")

    def start(self, mode, directory):
        directory.mkdir()
        port = self.ports[mode]
        config = directory / "broker.yaml"
        config.write_text(f"broker: {{name: bench, advertised-address: '127.0.0.1:{port}'}}\n"
                          f"store: {{directory: {directory}/store, flush-mode: {mode}}}\n"
                          f"grpc: {{port: {port}}}\nhttp: {{port: {port + 1}}}\ntopics: {{auto-create: true}}\n",
                          encoding="utf-8")
        with open(directory / "broker.log", "wb") as log:
            self.processes[mode] = subprocess.Popen(
                [*self.prefer, self.bin / "petrel-broker", "--config", config], stdout=log, stderr=log)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        sys.exit(f"{self.name}: no broker on port {port}; see {directory}/broker.log")

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait()


def load(generator, build, prefer, mode, flush_mode, arguments, window_s):
    """One run of petrel-bench: its report."""
    command = [*prefer, generator / "petrel-bench", mode, "--endpoint", f"127.0.0.1:{build.ports[flush_mode]}",
               "--topic", "bench" if mode != "consume" else "drain", "--warmup-s", "2", "--duration-s", str(window_s),
               "--server-pid", str(build.processes[flush_mode].pid), *shlex.split(arguments)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if ran.returncode not in (0, 3):
        sys.exit(f"{shlex.join(map(str, command))}: {ran.stderr.decode()}")
    return json.loads(ran.stdout)


def fill_for_drain(generator, build, prefer):
    """The group is used before there are messages, so that it begins with the first one."""
    endpoint = f"127.0.0.1:{build.ports['async']}"
    common = ["--endpoint", endpoint, "--topic", "drain", "--warmup-s", "0", "--duration-s", "300"]
    for arguments in (["both", "--group", "drain", "--rate", "100", "--count", "100"], ["produce", *shlex.split(FILL)]):
        subprocess.run([*prefer, generator / "petrel-bench", arguments[0], *common, *arguments[1:]],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def figures(report):
    flow = report["receive"] if report["mode"] == "consume" else report["send"]
    return {"msgs_per_s": flow["msgs_per_s"], "server_us": sum(s["cpu_us_per_msg"] for s in report["servers"]),
            "p99_ms": flow["latency"].get("p99_us", 0) / 1000, "other_cores": report["other_cores"],
            "clean": report["clean"]}


def micro(build, prefer):
    """CPU nanoseconds a message of the core, by benchmark."""
    ran = subprocess.run([*prefer, build.bin / "petrel-micro-core", "--benchmark_format=json",
                          "--benchmark_filter=send/64|receive_and_ack"], stdout=subprocess.PIPE, check=True)
    return {one["name"]: 1e9 / one["items_per_second"] for one in json.loads(ran.stdout)["benchmarks"]}


def spread(values, digits=0):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} - {max(values):,.{digits}f})"


def load_row(name, rounds):
    """rounds: pairs of figures, before and after."""
    before, after = zip(*rounds)
    cpu = statistics.median(a["server_us"] - b["server_us"] for b, a in rounds)
    rate = statistics.median(a["msgs_per_s"] / b["msgs_per_s"] for b, a in rounds)
    clean = "yes" if all(run["clean"] for pair in rounds for run in pair) else "**no**"
    return (f"| {name} | {spread([b['msgs_per_s'] for b in before])} | {spread([a['msgs_per_s'] for a in after])} | "
            f"{100 * (rate - 1):+.1f} % | {spread([b['server_us'] for b in before], 1)} | "
            f"{spread([a['server_us'] for a in after], 1)} | {cpu:+.1f} | "
            f"{statistics.median(b['p99_ms'] for b in before):.2f} / {statistics.median(a['p99_ms'] for a in after):.2f} | "
            f"{statistics.median(run['other_cores'] for pair in rounds for run in pair):.2f} | {clean} |")


def measured_loads(builds, arguments, prefer):
    generator = builds[1].bin
    for name, flush_mode, mode, how in LOADS:
        rounds = []
        for _ in range(arguments.rounds):
            pair = []
            for build in builds:
                if mode == "consume":
                    fill_for_drain(generator, build, prefer)
                window_s = 300 if mode == "consume" else arguments.seconds
                pair.append(figures(load(generator, build, prefer, mode, flush_mode, how, window_s)))
            rounds.append(pair)
        print(f"--- {name}", file=sys.stderr)
        yield load_row(name, rounds)


def measured_micro(builds, arguments, prefer):
    rounds = [[micro(build, prefer) for build in builds] for _ in range(arguments.rounds)]
    for name in MICRO:
        before, after = ([side[name] for side in sides] for sides in zip(*rounds))
        change = statistics.median(a - b for b, a in zip(before, after))
        yield f"| {name.split('/iter')[0]} | {spread(before)} | {spread(after)} | {change:+.0f} |"


def report(builds, arguments, prefer):
    lines = ["| load | msgs/s before | after | change | server us before | after | change | p99 ms before / after | other cores | clean |",
             "|---|---|---|---|---|---|---|---|---|---|", *measured_loads(builds, arguments, prefer), "",
             "The core alone, ns a message (`petrel-micro-core`):", "", "| benchmark | before | after | change |", "|---|---|---|---|",
             *measured_micro(builds, arguments, prefer), ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="build directory")
    parser.add_argument("after", help="build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8, help="of each window")
    parser.add_argument("--prefer", default="", help="a command before clients and servers, such as 'chrt -r 1'")
    parser.add_argument("--port", type=int, default=28100, help="the first of eight")
    parser.add_argument("--record", metavar="SECTION", help="write this section of RESULTS.md")
    arguments = parser.parse_args()
    prefer = shlex.split(arguments.prefer)
    with tempfile.TemporaryDirectory(prefix="petrel-compare.") as work:
        builds = []
        try:
            for number, (name, directory) in enumerate((("before", arguments.before), ("after", arguments.after))):
                builds.append(Build(name, directory, pathlib.Path(work), arguments.port + 4 * number, prefer))
            text = report(builds, arguments, prefer)
        finally:
            for build in builds:
                build.stop()
    print(text)
    if arguments.record:
        setting = f"{arguments.rounds} rounds in turns, {arguments.seconds} s a window; median (min - max), changes are medians of rounds"
        if arguments.prefer:
            setting += f"; processes under `{arguments.prefer}`"
        subprocess.run([sys.executable, HERE / "record.py", arguments.record, "--command", "bench/compare.py", "--setting", setting],
                       input=text.encode(), check=True)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    main()
