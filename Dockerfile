# Built with BuildKit, or with buildah as `scripts/image/build` does. The images may be named
# otherwise, for a mirror or a base of your own: Debian 12 or newer, and the same for both.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
# What the features of the image need to build: a C compiler and libpq.
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libpq-dev
# Writes into the program what it was made of, with versions: its bill of materials, which scanners
# read (trivy, grype, syft, cargo audit bin) and which cannot be parted from it.
ARG AUDITABLE_VERSION=0.7.7
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo install --locked --debug --root /usr/local --version "${AUDITABLE_VERSION}" cargo-auditable
WORKDIR /source
COPY . .
# Addresses inside of the program in few bytes (2 MB less): known to the loader since glibc 2.36.
ENV RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"
# The target folder is a cache and is gone after the step, so the program is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo auditable build --profile image --locked --features postgres,s3,opentelemetry \
    && install -D --strip target/image/porchlight /out/porchlight

# The certificates of the sources and the bucket, without what Debian installs to keep them (3 MB).
FROM ${BASE_IMAGE} AS certificates
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates

FROM ${BASE_IMAGE}
# The client library of PostgreSQL; nothing to build with, and nothing that is only read while
# installing.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq5 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin porchlight \
    && install --directory --owner=porchlight --group=porchlight /data
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/porchlight /usr/local/bin/porchlight

LABEL org.opencontainers.image.title=Porchlight \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"
ENV PORCHLIGHT_HOME=/data \
    PORCHLIGHT_LISTEN=0.0.0.0:8080
# By number, so that a cluster can see that it is not root.
USER 10001:10001
# The only place that is written to: the rest may be mounted read-only.
VOLUME /data
WORKDIR /data
EXPOSE 8080
# The first start makes a release before it answers.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["porchlight", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["porchlight"]
CMD ["serve"]
