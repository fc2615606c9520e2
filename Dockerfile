# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Three images, each of one program and the libraries that it loads (no shell, no package manager, not root):
#   docker build --target broker -t petrel-broker .          likewise nameserver and operator; or buildah build
ARG BASE=docker.io/library/debian:bookworm

FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
COPY scripts/packages.sh scripts/
RUN . scripts/packages.sh && apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates "${build_packages[@]}" > /dev/null
COPY . .
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DPETREL_BUILD_TESTS=OFF -DPETREL_BUILD_MICRO_BENCH=OFF && \
    ninja -C /build petrel-broker petrel-nameserver petrel-operator
RUN for name in broker nameserver operator; do \
      scripts/images/root.sh "/build/bin/petrel-$name" "/image/$name"; done

FROM scratch AS nameserver
COPY --from=build /image/nameserver /
USER 10001:10001
EXPOSE 8080 5558
ENTRYPOINT ["/usr/local/bin/petrel-nameserver"]

FROM scratch AS operator
COPY --from=build /image/operator /
USER 10001:10001
EXPOSE 8082
ENTRYPOINT ["/usr/local/bin/petrel-operator"]

FROM scratch AS broker
COPY --from=build /image/broker /
USER 10001:10001
EXPOSE 8081 5557
ENTRYPOINT ["/usr/local/bin/petrel-broker"]
