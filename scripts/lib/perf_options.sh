# What scripts/perf is asked for: its options, which cases they choose, which services run already.
# Sourced after common.sh, never run.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the variables are for those who source this

systems_known=(application_agent chat_backend content_validator cost_agent resource_agent)
words_known=(load stress spike endurance)

perf_usage() {
  cat <<'TEXT'
usage: scripts/perf [load|stress|spike|endurance|all]... [--quick|--standard|--full|--load|--coverage] [options]

Installs what is missing, builds the release preset, runs the performance cases and the benchmarks of all five
systems, judges them against fixtures/targets, compares with this machine's stored baseline, and writes
everything under results/runs/<UTC time>-<form>-<commit>/; results/runs/latest points to the newest. Before it
measures it says how long that will take, by the cases' own lengths.

  load stress spike endurance
                      only the cases with such a label, and no benchmarks; with --quick all of them in short form
  all                 every case; with --quick also those that are not labelled quick

  --quick             the cases labelled quick, in short form (about ten minutes; two with one --system)
  --standard          every case at its ordinary length (the default; about 40 minutes)
  --full              every case at its full length, on large data
  --load              the load cases only: load --standard
  --coverage          measure nothing: how much of the code the tests reach, as an HTML report (scripts/coverage);
                      below 80 % it fails
  --no-llm            without the cases that ask a language model (label llm). With ANTHROPIC_API_KEY or
                      OPENAI_API_KEY set these ask a real one, within DYNO_LLM_MAX_CALLS (200) and
                      DYNO_LLM_MAX_COST (1 USD) for the whole run, which is said before it begins
  --system NAME       only cost_agent, resource_agent, application_agent, chat_backend or content_validator
  --only REGEX        only the cases whose names match
  --no-benchmarks     the cases only
  --how-long          only say what would run and how long it takes, case by case

  --host NAME=URL     that system's service runs already; may be repeated (DYNO_HOST_<NAME>). Systems that are not
                      named are started as usual
  --host URL          likewise, where only one system is chosen
  --spawn             the service as a process of its own, also where in-process would do
  --billing FILE      a FOCUS billing export in place of generated data
  --save-baseline     keep this run, if it is valid and passes, as this machine's baseline
  --require-baseline  no baseline to compare with is exit status 3, not a pass
  --no-setup          install nothing

examples:
  scripts/perf --quick
  scripts/perf --quick --system chat_backend --no-llm
  scripts/perf stress spike --system application_agent
  scripts/perf endurance --full --how-long
  scripts/perf --quick --billing export.csv
  scripts/perf --quick --system cost_agent --host http://127.0.0.1:8000
  scripts/perf --host cost_agent=http://127.0.0.1:8000 --host resource_agent=http://127.0.0.1:8003
  TEST_DURATION_SECONDS=120 scripts/perf --only NormalLoad

exit status: 0 pass, 1 a target missed or a regression, 2 usage, set-up or I/O, 3 inconclusive or no baseline,
4 an invalid run or missing data. Ctrl-C once ends the run and still writes the results.
TEXT
}

# parse_perf_options ARGUMENT...: sets what the functions below and scripts/perf read.
parse_perf_options() {
  form=standard words=() every=no billing='' system='' only='' llm=yes setup=yes benchmarks=yes
  how_long=no coverage=no hosts=() suite_options=()
  systems=("${systems_known[@]}")
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) perf_usage && exit 0 ;;
      load | stress | spike | endurance) words+=("$1") ;;
      all) every=yes ;;
      --quick | --standard | --full) form=${1#--} ;;
      --load) words+=(load) ;;
      --coverage) coverage=yes ;;
      --billing | --host | --only | --system)
        [ -n "${2:-}" ] || die "$1 needs a value; see scripts/perf --help"
        case $1 in
          --billing) billing=$2 ;;
          --host) hosts+=("$2") ;;
          --only) only=$2 ;;
          --system) system=$2 ;;
        esac
        shift
        ;;
      --no-llm) llm=no ;;
      --spawn) export DYNO_TARGET=spawn ;;
      --no-benchmarks) benchmarks=no ;;
      --how-long) how_long=yes ;;
      --save-baseline | --require-baseline) suite_options+=("$1") ;;
      --no-setup) setup=no ;;
      -*) die "unknown option '$1'; see scripts/perf --help" ;;
      *) die "'$1': cases are chosen by ${words_known[*]} or all; see scripts/perf --help" ;;
    esac
    shift
  done
  [ "$every" = yes ] && words=()
  if [ -n "$billing" ]; then
    [ -f "$billing" ] || die "--billing $billing: no such file; give a FOCUS billing export (CSV)"
    DYNO_BILLING=$(realpath "$billing")
    export DYNO_BILLING
  fi
  if [ -n "$system" ]; then
    is_system "$system" || die "--system $system: unknown; there are ${systems_known[*]}"
    systems=("$system")
  fi
  [ ${#words[@]} -eq 0 ] || benchmarks=no
  choose_hosts
}

is_system() { [[ " ${systems_known[*]} " == *" $1 "* ]]; }

# Sets the array cases_chosen: ctest's options for the cases that are asked for.
choose_cases() {
  local IFS='|'
  cases_chosen=(-L '^performance$')
  if [ ${#words[@]} -gt 0 ]; then
    cases_chosen+=(-L "^(${words[*]})\$")
  elif [ "$form" = quick ] && [ "$every" = no ]; then
    cases_chosen+=(-L '^quick$')
  fi
  [ -n "$system" ] && cases_chosen+=(-L "^$system\$")
  [ "$llm" = no ] && cases_chosen+=(-LE '^llm$')
  [ -n "$only" ] && cases_chosen+=(-R "$only")
  return 0
}

# Whether not all is run that the form has: a baseline of all of it then has more.
is_part() {
  [ ${#words[@]} -gt 0 ] || [ "$every" = yes ] || [ "$llm" = no ] || [ "$benchmarks" = no ] || [ -n "$system$only" ]
}

# host_variable SYSTEM: DYNO_HOST_COST_AGENT.
host_variable() { tr '[:lower:]' '[:upper:]' <<<"DYNO_HOST_$1"; }

# shown URL: as it may be printed, without user, password and query.
shown() { sed -E 's|^([A-Za-z]+://)?.*@|\1***@|; s|\?.*|?…|' <<<"$1"; }

is_url() { [[ $1 =~ ^https?://[^/=]+ ]]; }

# Makes --host into DYNO_HOST_<SYSTEM>. What names no system waits in host_of_one for name_host.
choose_hosts() {
  local one name variable
  host_of_one=${DYNO_HOST:-}
  while IFS= read -r variable; do
    is_system "$(tr '[:upper:]' '[:lower:]' <<<"${variable#DYNO_HOST_}")" ||
      die "$variable: there is no such system, but ${systems_known[*]}"
  done < <(compgen -e | grep '^DYNO_HOST_' || true)
  for one in "${hosts[@]}"; do
    if is_url "$one"; then
      host_of_one=$one
      continue
    fi
    name=${one%%=*}
    if [ "$name" = "$one" ] || ! is_url "${one#*=}"; then
      die "--host $(shown "$one"): write a URL such as http://127.0.0.1:8000, or NAME=URL"
    fi
    is_system "$name" || die "--host $(shown "$one"): unknown system; there are ${systems_known[*]}"
    export "$(host_variable "$name")=${one#*=}"
  done
  if [ -n "$host_of_one" ] && [ -n "$system" ]; then name_host "$system"; fi
  # With a regular expression it turns out only later whose cases match.
  [ -z "$host_of_one" ] || [ -n "$only" ] || die_of_one_host
}

die_of_one_host() {
  die "$(shown "$host_of_one") is one service, and cases of several systems are chosen: add --system NAME, or write" \
    "--host NAME=URL for each"
}

# name_host SYSTEM...: the URL that named no system is of this one; there must be one only.
name_host() {
  [ -n "$host_of_one" ] || return 0
  [ $# -eq 1 ] || die_of_one_host
  export "$(host_variable "$1")=$host_of_one"
  host_of_one=
  unset DYNO_HOST
}
