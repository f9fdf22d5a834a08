# A source image of programs that this machine's Go built.
FROM scratch
COPY bin/ /usr/local/bin/
