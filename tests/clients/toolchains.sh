#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh: builds each language's program below $WORK and starts it. Registries are used
# through their own tools, with the versions that the lock files beside the programs pin.

need() { # PROGRAM HOW-TO-GET-IT
  command -v "$1" >/dev/null && return
  echo "tests/clients: '$1' is missing. $2" >&2
  exit 1
}

prepare_java() {
  need javac "Install a JDK 17 or newer: apt-get install openjdk-17-jdk-headless"
  need mvn "Install Maven: apt-get install maven"
  mvn -B -q -f "$SOURCE/java/pom.xml" -Doutput="$WORK/java" compile
}

run_java() {
  java -Xmx384m -XX:TieredStopAtLevel=1 -Duser.home="$LOGS/home" \
    -cp "$WORK/java/classes:$WORK/java/lib/*" petrel.clients.Main "$@"
}

prepare_go() {
  need go "Install Go 1.25 or newer: https://go.dev/dl/"
  (cd "$SOURCE/go" && go build -o "$WORK/go/conformance" .)
}

run_go() { HOME=$LOGS/home "$WORK/go/conformance" "$@"; }

prepare_python() {
  need python3 "Install Python 3.11 or newer: apt-get install python3 python3-venv"
  if ! cmp -s "$SOURCE/python/requirements.txt" "$WORK/python/installed"; then
    python3 -m venv "$WORK/python" ||
      { echo "tests/clients: no venv module. apt-get install python3-venv" >&2; exit 1; }
    "$WORK/python/bin/pip" install -q -r "$SOURCE/python/requirements.txt"
    cp "$SOURCE/python/requirements.txt" "$WORK/python/installed"
  fi
}

run_python() {
  HOME=$LOGS/home PYTHONDONTWRITEBYTECODE=1 "$WORK/python/bin/python" \
    "$SOURCE/python/conformance.py" "$@"
}

prepare_badinput() {
  prepare_python
  mkdir -p "$WORK/stubs"
  "$WORK/python/bin/python" -m grpc_tools.protoc -I"$SOURCE/../../proto" \
    --python_out="$WORK/stubs" --grpc_python_out="$WORK/stubs" \
    apache/rocketmq/v2/definition.proto apache/rocketmq/v2/service.proto
}

run_badinput() {
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$WORK/stubs:$SOURCE/python "$WORK/python/bin/python" \
    "$SOURCE/badinput/badinput.py" "$@"
}

prepare_node() {
  need npm "Install Node.js 18 or newer with npm: apt-get install nodejs npm"
  mkdir -p "$WORK/node"
  cmp -s "$SOURCE/node/package-lock.json" "$WORK/node/installed" && return
  cp "$SOURCE/node/package.json" "$SOURCE/node/package-lock.json" "$WORK/node/"
  (cd "$WORK/node" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  cp "$SOURCE/node/package-lock.json" "$WORK/node/installed"
}

run_node() {
  HOME=$LOGS/home NODE_PATH=$WORK/node/node_modules node "$SOURCE/node/conformance.js" "$@"
}

prepare_rust() {
  need cargo "Install Rust 1.80 or newer: https://rustup.rs"
  need protoc "The rocketmq crate's build wants protoc: apt-get install protobuf-compiler"
  cargo build --quiet --locked --manifest-path "$SOURCE/rust/Cargo.toml" --target-dir "$WORK/rust"
}

run_rust() { HOME=$LOGS/home "$WORK/rust/debug/conformance" "$@"; }
