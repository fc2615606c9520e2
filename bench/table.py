#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Prints the lines of JSON that bench/run.sh collected as Markdown: of runs with the same label the median one."""

import argparse
import json
import statistics


def main_flow(run):
    return run["receive"] if run["mode"] == "consume" else run["send"]


def server_us(run):
    return sum(server["cpu_us_per_msg"] for server in run["servers"])


def rate(run):
    return main_flow(run)["msgs_per_s"]


def middle(runs):
    """The run whose rate (in an open loop: whose p99) is the median."""
    key = (lambda run: main_flow(run)["latency"]["p99_us"]) if runs[0].get("rate") else rate
    return sorted(runs, key=key)[(len(runs) - 1) // 2]


def percentiles(flow):
    latency = flow["latency"]
    if latency["count"] == 0:
        return "-"
    return " / ".join(f"{latency[name] / 1000:.2f}" for name in ("p50_us", "p99_us", "p999_us"))


def row(label, runs):
    run = middle(runs)
    flow = main_flow(run)
    rates = [rate(one) for one in runs]
    spread = f" ({min(rates):,.0f} - {max(rates):,.0f})" if len(runs) > 1 and not run.get("rate") else ""
    end_to_end = percentiles(run["receive"]) if run["mode"] == "both" else "-"
    rss = " + ".join(f"{server['rss_anon_mib']:.0f}" for server in run["servers"]) or "-"
    others = statistics.median(one["other_cores"] for one in runs)
    clean = "yes" if all(one["clean"] for one in runs) else "**no**: " + (
        ", ".join(sorted({code for one in runs for code in one["errors"]})) or "loss or rate not held")
    return (f"| {label} | {len(runs)} | {flow['msgs_per_s']:,.0f}{spread} | {server_us(run):.1f} | "
            f"{run['client_cpu_us_per_msg']:.1f} | {percentiles(flow)} | {end_to_end} | {rss} | {others:.2f} | {clean} |")


def ratio_lines(by_label):
    lines = []
    for what in ("1 KiB, 256 in flight", "16 x 1 KiB a request, 64 in flight"):
        empty, broker = by_label.get(f"empty service, {what}"), by_label.get(f"broker, {what}")
        if not empty or not broker:
            continue
        # Round by round: a machine that others use is faster in one minute than in the next.
        ratios = [rate(b) / rate(e) for e, b in zip(empty, broker)]
        ratio = statistics.median(ratios)
        extra = statistics.median(server_us(b) - server_us(e) for e, b in zip(empty, broker))
        lines.append(f"\n{what}: the broker takes **{100 * ratio:.0f} %** of the messages a second that the empty service takes "
                     f"(median of {len(ratios)} rounds, {100 * min(ratios):.0f} to {100 * max(ratios):.0f} %), "
                     f"for {extra:+.1f} us of server CPU a message.")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results")
    arguments = parser.parse_args()
    with open(arguments.results, encoding="utf-8") as lines:
        results = [json.loads(line) for line in lines if line.strip()]

    by_label, starts, idle, disk = {}, [], None, None
    for result in results:
        label = result["label"]
        if label == "start":
            starts.append(result["exec_to_first_send_ms"])
        elif label == "idle":
            idle = result
        elif label == "disk":
            disk = result
        elif not label.startswith("("):
            by_label.setdefault(label, []).append(result)

    print("Client and server share the machine's cores, so messages a second are a figure of both; server")
    print("CPU a message is the one to compare. \"other cores\" is what further processes kept busy meanwhile: the higher, the less")
    print("the row says. Latencies in ms, p50 / p99 / p99.9; in window mode they are those of the full queue.\n")
    print("| run | runs | msgs/s: median (min - max) | server us | client us | send latency | end-to-end latency | server anonymous MiB "
          "| other cores | clean |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for label, runs in by_label.items():
        print(row(label, runs))
    print("\n".join(ratio_lines(by_label)))
    if disk:
        print(f"\nThe disk itself in the same minutes: 4 KiB with fdatasync p50 {disk['p50_us'] / 1000:.2f} ms, "
              f"p99 {disk['p99_us'] / 1000:.2f} ms.")
    if idle:
        print(f"\nIdle RSS after 10 s: broker {idle['broker_rss_mib']} MiB, nameserver {idle['nameserver_rss_mib']} MiB.")
    if starts:
        print(f"\nExec of the broker to its first accepted send, empty store, {len(starts)} times: "
              f"min {min(starts):.0f} ms, median {statistics.median(starts):.0f} ms.")


if __name__ == "__main__":
    main()
