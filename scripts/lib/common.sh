# Shared by the scripts: where the project is, how to speak, what to install. Sourced, never run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # the arrays are for those who source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian 12 packages, by what needs them.
packages_build=(g++ cmake ninja-build pkg-config git ccache mold python3 libgtest-dev libgmock-dev libbenchmark-dev
  libfmt-dev nlohmann-json3-dev libcpp-httplib-dev libsqlitecpp-dev libsqlite3-dev libpqxx-dev
  libhiredis-dev libcmark-dev libyaml-cpp-dev libcli11-dev libre2-dev libssl-dev zlib1g-dev)
packages_test=(postgresql redis-server nginx-light curl clang-format shellcheck python3-yaml)
packages_fuzz=(clang libclang-rt-14-dev)
packages_peers=(wrk apache2-utils hey python3-locust nghttp2-client nginx-light openssl python3 time util-linux)

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' red='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }
heading() { printf '%s== %s%s\n' "$bold" "$*" "$plain" >&2; }

# One line: what is wrong, where, what to do. Exit status 2: usage, configuration or I/O.
die() {
  printf '%s%s: %s%s\n' "$red" "$(basename "$0")" "$*" "$plain" >&2
  exit 2
}

# Ctrl-C in the set-up or the build. scripts/perf has a trap of its own where there is something to save.
trap 'die "interrupted; nothing was measured or tested to the end, run it again to go on"' INT TERM

# missing_packages NAME...: those that are not installed, one a line.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# install_packages NAME...: installs what is missing, having said so; quick when nothing is.
install_packages() {
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install by other means: $*"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "root or sudo is needed to install: ${missing[*]}"
    as_root=(sudo)
  fi
  heading "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    die "could not install the packages above (whole output: $log); check the network and apt's sources"
  fi
  rm -f "$log"
}

# build PRESET [TARGET...]: configures when needed and builds, quietly unless it fails.
build() {
  local preset=$1
  shift
  local log=$root/build/$preset.log
  mkdir -p "$root/build"
  heading "building $preset (log: ${log#"$root"/})"
  local started=$SECONDS
  local command=(cmake --build "$root/build/$preset")
  [ $# -gt 0 ] && command+=(--target "$@")
  : >"$log"
  if ! (cd "$root" && cmake --preset "$preset") >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "configuring $preset failed (whole output: $log)"
  fi
  if ! "${command[@]}" 2>&1 | tee -a "$log" | progress_of_ninja; then
    grep -E 'error|FAILED' -A 5 "$log" | head -n 60 >&2
    die "building $preset failed (whole output: $log)"
  fi
  say "   built in $((SECONDS - started)) s"
}

# On a terminal one live line; in a log a line every 20 seconds. The filter's own status is always 0,
# so that with pipefail a failure is the build's.
progress_of_ninja() {
  local line last=$SECONDS
  while IFS= read -r line; do
    [[ $line == \[* ]] || continue
    if [ -t 2 ]; then
      printf '\r\e[K   %s' "${line:0:100}" >&2
    elif ((SECONDS - last >= 20)); then
      say "   ${line:0:100}"
      last=$SECONDS
    fi
  done
  [ -t 2 ] && printf '\r\e[K' >&2
  return 0
}
