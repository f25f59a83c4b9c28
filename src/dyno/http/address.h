// Socket addresses, and from a host name to them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

#include "dyno/core/result.h"

namespace dyno::http {

enum class IpVersion : std::uint8_t { any, v4, v6 };

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string text() const;  // "127.0.0.1:8000", "[::1]:8000", "unix:/run/a.sock"
};

// The addresses of a name, or why there are none.
using Lookup = std::function<Result<std::vector<Address>>(const std::string&, std::uint16_t port)>;

// All addresses of the host, IPv4 and IPv6, in the order the system prefers. At least one. Blocks:
// for before the load, never on an engine thread.
Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port);

// Those of one IP version; the error says when that leaves none.
Result<std::vector<Address>> only(IpVersion version, std::vector<Address> addresses,
                                  std::string_view host);

// An address written as numbers, "10.0.0.1" or "::1" or "[::1]"; nothing is looked up.
Result<Address> parse_address(std::string_view text, std::uint16_t port);

// "10.0.0.1,10.0.0.7" or a range of IPv4 addresses "10.0.0.1-10.0.0.9", at most 65536.
Result<std::vector<Address>> parse_addresses(std::string_view text, std::uint16_t port);

// Of a socket in the file system. The error names a path that is too long for one (107 bytes).
Result<Address> unix_address(const std::string& path);

// Whether this machine has every one of the addresses to connect from.
Result<void> check_local(const std::vector<Address>& addresses);

}  // namespace dyno::http
