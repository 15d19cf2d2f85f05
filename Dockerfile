# The operator. Builds with `docker build .`; any Debian 13 may stand in for the base image.
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends busybox-static ca-certificates python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.runtime.lock /build/
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /build/requirements.runtime.lock \
        --target /python \
    && find /python -name tests -type d -prune -exec rm -rf {} + \
    && rm -rf /python/bin /python/kubernetes/aio

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/log/* \
    && useradd --uid 1000 --user-group --no-create-home --home-dir /tmp matriarch
COPY --from=build /python /usr/local/lib/python3.13/dist-packages
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
ENTRYPOINT ["python3", "-m", "matriarch"]
CMD ["operator"]

# What changes most comes last.
COPY workflows /usr/local/lib/python3.13/dist-packages/workflows
COPY activities /usr/local/lib/python3.13/dist-packages/activities
COPY watcher /usr/local/lib/python3.13/dist-packages/watcher
COPY matriarch /usr/local/lib/python3.13/dist-packages/matriarch
# The root file system is read-only in the cluster, so what is compiled must be there already.
RUN cd /usr/local/lib/python3.13/dist-packages \
    && python3 -m compileall -q --invalidation-mode unchecked-hash workflows activities watcher matriarch
USER 1000:1000
