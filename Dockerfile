# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Three images, each of one program and the libraries that it loads (no shell, no package manager, not root):
#   docker build --target broker -t petrel-broker --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) .
# likewise nameserver and operator; or buildah build. Each has two layers: libraries and system files, which a change of the
# sources leaves as they are, and the program. The digest is that of an index of all architectures; packages come from Debian's
# archive as it is on the day of the build.
ARG BASE=docker.io/library/debian:bookworm@sha256:8a8cd02c5912770b4980228a54d4aff9e4f986f1eb2525d2d371dec5232cefcc

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
      scripts/images/root.sh "/build/bin/petrel-$name" "/image/$name" "/program/$name"; done

FROM scratch AS nameserver
ARG VERSION
ARG REVISION
COPY --from=build /image/nameserver /
COPY --from=build /program/nameserver /
LABEL org.opencontainers.image.title="petrel-nameserver" \
      org.opencontainers.image.description="Tells RocketMQ clients where topics are" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 8080 5558
ENTRYPOINT ["/usr/local/bin/petrel-nameserver"]

FROM scratch AS operator
ARG VERSION
ARG REVISION
COPY --from=build /image/operator /
COPY --from=build /program/operator /
LABEL org.opencontainers.image.title="petrel-operator" \
      org.opencontainers.image.description="Runs PetrelClusters on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 8082
ENTRYPOINT ["/usr/local/bin/petrel-operator"]

FROM scratch AS broker
ARG VERSION
ARG REVISION
COPY --from=build /image/broker /
COPY --from=build /program/broker /
LABEL org.opencontainers.image.title="petrel-broker" \
      org.opencontainers.image.description="Stores and delivers messages of RocketMQ clients" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 8081 5557
ENTRYPOINT ["/usr/local/bin/petrel-broker"]
