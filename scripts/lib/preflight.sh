# Whether this machine is fit to measure on. Sourced, never run.
# shellcheck shell=bash

# preflight FOLDER: prints what there is and what lacks; raises the descriptor limit. Never fails: a weak
# machine gives weaker evidence, which the verdicts say for themselves.
preflight() {
  heading "preflight"
  local cores memory_mb disk_mb descriptors busy
  cores=$(nproc)
  memory_mb=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  disk_mb=$(df -Pm "$1" | awk 'NR == 2 {print $4}')
  ulimit -Sn 10000 2>/dev/null || ulimit -Sn "$(ulimit -Hn)" 2>/dev/null || true
  descriptors=$(ulimit -Sn)
  busy=$(busy_share)
  say "   cores $cores, memory available $memory_mb MB, descriptors $descriptors, free disk $disk_mb MB, other load $busy %"
  ((cores >= 2)) || say "   note: one core; engine and service share it, and runs may be judged invalid"
  ((memory_mb >= 2048)) || say "   note: under 2 GB of memory available"
  [ "$descriptors" = unlimited ] || ((descriptors >= 10000)) ||
    say "   note: the limit of open files is $descriptors and cannot be raised to 10000 here; 500 users need 2000"
  ((disk_mb >= 2048)) || say "   note: under 2 GB of disk free"
  ((busy <= 20)) || say "   note: other programs use $busy % of this machine; close them or expect invalid runs"
}

# Percent of all cores in use over half a second.
busy_share() {
  local first second
  first=$(head -n 1 /proc/stat)
  sleep 0.5
  second=$(head -n 1 /proc/stat)
  printf '%s\n%s\n' "$first" "$second" | awk '
    { total = 0; for (i = 2; i <= 9; i++) total += $i; idle = $5 + $6 }
    NR == 1 { total0 = total; idle0 = idle }
    NR == 2 { span = total - total0; print (span > 0 ? int(100 * (1 - (idle - idle0) / span)) : 0) }'
}
