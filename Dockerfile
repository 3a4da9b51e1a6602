# isitme in a container: no root, and nothing is written but /var/lib/isitme.
#
#   docker build -t isitme .
#   docker run -d --name isitme --network host --read-only -v isitme:/var/lib/isitme isitme
#   docker run --rm --network host isitme check
#
# On the host's network it sees this machine's own cable, Wi-Fi and router. What it sees otherwise,
# and who can reach its page: docs/container.md. Builds alike for amd64 and arm64.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /build
COPY requirements/run.txt requirements/
RUN python3 -m venv /opt/isitme \
    && /opt/isitme/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY probe probe
# The lock holds what builds the wheel, too. pip is not needed any more when it is installed.
RUN /opt/isitme/bin/python -m hatchling build -t wheel -d dist \
    && /opt/isitme/bin/python -m pip install --no-cache-dir --no-index --no-deps dist/*.whl \
    && /opt/isitme/bin/python -m pip check \
    && /opt/isitme/bin/python -m pip uninstall --yes pip \
    && mkdir state

FROM ${BASE}
LABEL org.opencontainers.image.title="isitme" \
      org.opencontainers.image.description="Is it me, or is it Apple?" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/isitme /opt/isitme
COPY --from=build --chown=10054:10054 /build/state /var/lib/isitme
# "container" tells isitme where it is (systemd's Container Interface); "lan" is every address here.
ENV PATH=/opt/isitme/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATE_DIRECTORY=/var/lib/isitme \
    ISITME_WEB__LISTEN=lan \
    container=oci
# A number and no name: an orchestrator can see that it is not root, and no user need be made.
USER 10054:10054
VOLUME /var/lib/isitme
EXPOSE 10054
# Alive or not; a bad line makes no container unhealthy. Docker takes 1 for unhealthy.
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["isitme", "status", "--alive"]
ENTRYPOINT ["isitme"]
CMD ["run"]
