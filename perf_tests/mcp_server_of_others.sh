#!/usr/bin/env bash
# Runs the protocol's cases against an MCP server that this project does not ship, npm's
# @modelcontextprotocol/server-everything, over Streamable HTTP and over stdio:
# mcp_server_of_others.sh CONTENT_VALIDATOR_PERF CACHE_DIR. Installs the package into CACHE_DIR/npm-everything.
# Exit status 77, with the reason, where Node, npm or the package cannot be had.
set -euo pipefail

cases=$1 cache=$2
package=@modelcontextprotocol/server-everything@2026.8.31

skip() { echo "SKIPPED: $*"; exit 77; }
command -v node >/dev/null || skip "node is not installed; the server is a Node package"
command -v npm >/dev/null || skip "npm is not installed; the server is an npm package"
[ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ] || skip "node is older than 18"

folder=$cache/npm-everything
mkdir -p "$folder"
server=$folder/node_modules/@modelcontextprotocol/server-everything/dist/index.js
if [ ! -f "$server" ]; then
  echo '{"private":true}' >"$folder/package.json"
  (cd "$folder" && npm install --no-audit --no-fund --loglevel=error "$package") ||
    skip "npm cannot install $package; is it offline?"
fi

port=$(node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
results=$(mktemp -d)
PORT=$port node "$server" streamableHttp >"$results/server.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true; rm -rf "$results"' EXIT
ready=0
for _ in $(seq 100); do
  if curl -s -o /dev/null "http://127.0.0.1:$port/mcp"; then ready=1 && break; fi
  kill -0 $pid 2>/dev/null || break
  sleep 0.1
done
[ $ready = 1 ] || { cat "$results/server.log"; echo "the server did not start"; exit 1; }

DYNO_MCP_URL=http://127.0.0.1:$port/mcp DYNO_MCP_COMMAND="node $server stdio" DYNO_MCP_TOOL=echo \
  DYNO_MCP_ARGUMENTS='{"message":"hello"}' DYNO_RESULTS_DIR=$results/runs \
  PERFORMANCE_TEST_MODE=${PERFORMANCE_TEST_MODE:-quick} "$cases" --gtest_filter='McpProtocolPerf.*'
