# The five services and dyno itself in one image, for those who run containers. compose.yaml starts the services
# with PostgreSQL and Redis; docs/containers.md says how, and what of this nothing here can try.

# What scripts/setup build installs.
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      g++ cmake ninja-build pkg-config git ccache mold python3 libgtest-dev libgmock-dev libbenchmark-dev \
      libfmt-dev nlohmann-json3-dev libcpp-httplib-dev libsqlitecpp-dev libsqlite3-dev libpqxx-dev \
      libhiredis-dev libcmark-dev libyaml-cpp-dev libcli11-dev libre2-dev libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /dyno
COPY . .
RUN cmake --preset release \
    && cmake --build build/release --target \
      dyno application_agent chat_backend content_validator cost_agent resource_agent

# What these programs are linked with, and curl for the health checks.
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates curl libcmark0.30.2 libcpp-httplib0.11 libfmt9 libhiredis0.14 libpqxx-6.4 libre2-9 \
      libsqlite3-0 libssl3 libyaml-cpp0.7 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home dyno
COPY --from=build \
     /dyno/build/release/bin/dyno \
     /dyno/build/release/bin/application_agent \
     /dyno/build/release/bin/chat_backend \
     /dyno/build/release/bin/content_validator \
     /dyno/build/release/bin/cost_agent \
     /dyno/build/release/bin/resource_agent \
     /usr/local/bin/
COPY fixtures/scenarios /usr/local/share/dyno/scenarios
COPY fixtures/targets /usr/local/share/dyno/targets
USER dyno
WORKDIR /home/dyno
EXPOSE 8000 8003
CMD ["cost_agent", "--host", "0.0.0.0", "--port", "8000"]
