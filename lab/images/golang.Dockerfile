# A source image of programs built in Go's own image, for a machine without Go.
ARG GOLANG
FROM golang:${GOLANG}
WORKDIR /build
COPY go.mod .
ARG PACKAGES
ARG LDFLAGS
# auto: a version that needs a newer Go fetches it.
RUN CGO_ENABLED=0 GOTOOLCHAIN=auto go build -v -mod=mod -trimpath -ldflags="${LDFLAGS}" -o /usr/local/bin/ ${PACKAGES}
