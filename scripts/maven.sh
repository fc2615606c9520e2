# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# compile_with_maven PROJECT WORK: compiles the Maven project in the folder PROJECT into WORK/classes and puts the paths of
# its libraries into WORK/classpath.txt. The first run downloads them. To be sourced.
compile_with_maven() {
  local tool
  for tool in mvn java; do
    if ! command -v "$tool" > /dev/null; then
      echo "$0: $tool is missing; on Debian: apt-get install maven default-jdk-headless" >&2
      return 1
    fi
  done
  mkdir -p "$2"
  if ! mvn -q -B -f "$1/pom.xml" -Dwork.directory="$2" compile > "$2/maven.log" 2>&1; then
    cat "$2/maven.log" >&2
    return 1
  fi
}
