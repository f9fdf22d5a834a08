# The base image with the programs of a source image: an official one, or one made here from Go modules.
ARG BASE
ARG SOURCE
FROM ${SOURCE} AS source
FROM ${BASE}
# A path or glob in the source image.
ARG PROGRAMS
COPY --from=source ${PROGRAMS} /usr/local/bin/
