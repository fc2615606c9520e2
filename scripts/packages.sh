# Debian packages that Petrel needs, and a function that installs what is missing. Sourced by quickstart and test.
# shellcheck shell=bash disable=SC2034,SC2154

build_packages=(
  g++ cmake ninja-build pkg-config
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libabsl-dev prometheus-cpp-dev libcpp-httplib-dev libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev
  libcli11-dev libssl-dev zlib1g-dev libdeflate-dev libisal-dev libre2-dev libc-ares-dev
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev curl procps python3 python3-venv
)
# tests/lab: a Kubernetes cluster on this machine
lab_packages=(
  containerd runc containernetworking-plugins iptables conntrack iproute2 procps openssl
  buildah busybox-static debootstrap gcc libc6-dev
)

# ensure_packages NAME...: installs those that are not there. Needs root or sudo only if something is missing.
ensure_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get > /dev/null; then
    echo "These packages are missing and this is not a Debian-like system: ${missing[*]}" >&2
    return 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo > /dev/null; then
      echo "Please install as root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# unpack_package NAME DIR: the files of a package below DIR, without installing it; for what would start a service.
unpack_package() {
  local name=$1 dir=$2 as_root=()
  rm -rf "$dir/archive"
  mkdir -p "$dir/archive"
  if ! (cd "$dir/archive" && apt-get download -qq "$name" 2> /dev/null); then
    [ "$(id -u)" -ne 0 ] && as_root=(sudo)
    "${as_root[@]}" apt-get update -qq && (cd "$dir/archive" && apt-get download -qq "$name") || return 1
  fi
  dpkg-deb -x "$dir/archive/${name}"_*.deb "$dir"
}

# build_release DIR TARGETS [CMAKE_ARGUMENT...]: configures DIR and builds TARGETS there, words with blanks between. A DIR that is
# new is configured for the shortest build from nothing; one that is there stays as whoever made it wants it.
build_release() {
  local dir=$1 targets
  read -ra targets <<< "$2"
  shift 2
  [ -f "$dir/CMakeCache.txt" ] || set -- -DPETREL_UNITY=ON "$@"
  cmake -S "$petrel_root" -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" > "$dir.configure.log" 2>&1 || {
    cat "$dir.configure.log" >&2
    return 1
  }
  ninja -C "$dir" -j "$(nproc)" "${targets[@]}"
}
