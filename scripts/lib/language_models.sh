# What cases that ask real language models may cost and did cost: said by scripts/perf before and after it measures.
# Sourced after common.sh, never run.
# shellcheck shell=bash

# announce_llm PROGRAM CASES: before anything is measured, what calls of real language models may come to, as the
# chat backend's PROGRAM tells by the environment. Nothing where CASES (a number) is 0 or no key is set. What is
# wrong with the caps ends the script.
announce_llm() {
  local program=$1 cases=$2 lines line keys=()
  [ "$cases" -gt 0 ] || return 0
  if [ -n "${DYNO_HOST_CHAT_BACKEND:-}" ]; then
    say "   note: $cases cases ask language models through a chat backend that runs already: whether real ones, and" \
      "its caps on calls and cost, are its own"
    return 0
  fi
  lines=$("$program" --llm-plan) || exit 2
  [ -n "$lines" ] || return 0
  [ -z "${ANTHROPIC_API_KEY:-}" ] || keys+=(ANTHROPIC_API_KEY)
  [ -z "${OPENAI_API_KEY:-}" ] || keys+=(OPENAI_API_KEY)
  heading "$cases cases ask real language models, and someone pays for that"
  while IFS= read -r line; do say "   $line"; done <<<"$lines"
  say "   these caps are of the whole run; change them with DYNO_LLM_MAX_CALLS and DYNO_LLM_MAX_COST, the prices with" \
    "DYNO_LLM_PRICE_INPUT and DYNO_LLM_PRICE_OUTPUT"
  say "   --no-llm leaves these cases out; without ${keys[*]} a stand-in answers"
}

# spent_on_llm FILE: what FILE, which the services of a run share, says of calls and cost; nothing if there is none.
spent_on_llm() {
  [ -s "$1" ] || return 0
  sed -nE 's/.*"calls":([0-9]+),.*"reckoned_usd":"([0-9.]+)".*/   real language models: \1 calls, \2 USD as reckoned/p' "$1"
}
