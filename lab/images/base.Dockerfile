# The base image where a registry answers. Where none does, debian.ts makes the same from Debian's archive.
ARG DEBIAN
FROM debian:${DEBIAN}-slim
COPY packages.txt lean.cfg /tmp/
RUN cp /tmp/lean.cfg /etc/dpkg/dpkg.cfg.d/lean \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(grep -v '^#' /tmp/packages.txt) \
 && rm -rf /var/lib/apt/lists/* /tmp/*
