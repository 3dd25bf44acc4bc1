# The auditor and nothing else, as nobody in particular, on a file system that may be read-only:
#
#   docker build -t azure-egress-auditor .
#   docker run --rm --read-only --tmpfs /tmp -v "$PWD:/data:ro" azure-egress-auditor audit estate/
#
# Reading Azure needs /tmp; auditing files writes nothing at all.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# All extras: an image is what a scheduled job runs, and nobody can add to it what keeps a history or sends a message.
WORKDIR /src
COPY requirements/build.lock requirements/service.lock requirements/
RUN python -m pip install --no-deps --require-hashes -r requirements/build.lock \
    && python -m venv /opt/auditor \
    && /opt/auditor/bin/python -m pip install --no-deps --require-hashes -r requirements/service.lock
COPY pyproject.toml README.md LICENSE ./
COPY auditor auditor
COPY rules rules
COPY reports reports
RUN python -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /dist . \
    && /opt/auditor/bin/python -m pip install --no-deps --no-index /dist/*.whl \
    && /opt/auditor/bin/python -m pip check \
    && /opt/auditor/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="azure-egress-auditor" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/auditor /opt/auditor
ENV PATH=/opt/auditor/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["auditor"]
CMD ["--help"]
