// Which process somebody means who knows its name, or the port it listens on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "dyno/core/result.h"

namespace dyno::monitor {

// Where several processes fit and all but one are its descendants (a server and its workers), it is
// that one. Where they are strangers, the error names them all.

// By the file name of its program or of its first argument (`python3 app.py` is found as python3),
// or the name that the kernel has for it, of which there are at most 15 characters.
Result<pid_t> process_named(std::string_view name, const std::filesystem::path& proc = "/proc");

// The one that listens on this TCP port, IPv4 or IPv6, in this network namespace.
Result<pid_t> process_listening(std::uint16_t port, const std::filesystem::path& proc = "/proc");

// That one, if it is there and alive.
Result<pid_t> process_with_pid(pid_t pid, const std::filesystem::path& proc = "/proc");

}  // namespace dyno::monitor
