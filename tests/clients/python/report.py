# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""One line per check; remembers whether any failed."""

import threading


class Report:
    def __init__(self, scenario):
        self._scenario = scenario
        self._lock = threading.Lock()
        self.failed = False

    def check(self, name, ok, why=""):
        with self._lock:
            self.failed |= not ok
            line = f"{'PASS' if ok else 'FAIL'} {self._scenario}/{name}"
            print(line if ok else f"{line}: {why[:300]}", flush=True)

    def equal(self, name, expected, actual):
        self.check(name, expected == actual, f"expected {expected}, got {actual}")

    def refused(self, name, action, *words):
        """Passes when the action raises something whose text contains one of the words."""
        try:
            action()
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            self.check(name, any(word in text for word in words), f"refused with {text}")
        else:
            self.check(name, False, "was accepted")
