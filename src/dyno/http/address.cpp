#include "dyno/http/address.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dyno::http {

namespace {

constexpr std::uint32_t most_in_a_range = 65536;

template <typename Ip>
Address address_of(const Ip& ip) {
  Address address;
  std::memcpy(&address.storage, &ip, sizeof ip);
  address.size = sizeof ip;
  return address;
}

Address v4_address(std::uint32_t number, std::uint16_t port) {
  sockaddr_in ip{};
  ip.sin_family = AF_INET;
  ip.sin_port = htons(port);
  ip.sin_addr.s_addr = htonl(number);
  return address_of(ip);
}

std::uint32_t v4_number(const Address& address) {
  sockaddr_in ip{};
  std::memcpy(&ip, &address.storage, sizeof ip);
  return ntohl(ip.sin_addr.s_addr);
}

Result<std::vector<Address>> parse_range(std::string_view text, std::size_t dash,
                                         std::uint16_t port) {
  const auto first = parse_address(text.substr(0, dash), port);
  const auto last = parse_address(text.substr(dash + 1), port);
  if (!first) return first.error();
  if (!last) return last.error();
  if (first->family() != AF_INET || last->family() != AF_INET ||
      v4_number(*last) < v4_number(*first) ||
      v4_number(*last) - v4_number(*first) >= most_in_a_range) {
    return Error{
        fmt::format("'{}' is no range: write two IPv4 addresses, the lower first, at most {} apart",
                    text, most_in_a_range)};
  }
  std::vector<Address> addresses;
  for (std::uint32_t i = v4_number(*first); i < v4_number(*last); ++i) {
    addresses.push_back(v4_address(i, port));
  }
  addresses.push_back(*last);
  return addresses;
}

// 0, or the errno that says why not.
int bind_once(const Address& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int error = ::bind(fd, address.get(), address.size) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

std::string Address::text() const {
  if (family() == AF_UNIX) {
    sockaddr_un local{};
    std::memcpy(&local, &storage, sizeof local);
    return fmt::format("unix:{}", local.sun_path);
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(get(), size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown address";
  }
  const bool v6 = family() == AF_INET6;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Result<std::vector<Address>> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return Error{fmt::format("cannot find the host '{}': {}; check its spelling and the network",
                             host, ::gai_strerror(error))};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* info = found; info; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

Result<std::vector<Address>> only(IpVersion version, std::vector<Address> addresses,
                                  std::string_view host) {
  if (version == IpVersion::any) return addresses;
  const int family = version == IpVersion::v4 ? AF_INET : AF_INET6;
  std::erase_if(addresses, [&](const Address& address) { return address.family() != family; });
  if (addresses.empty()) {
    return Error{
        fmt::format("the host '{}' has no IPv{} address", host, version == IpVersion::v4 ? 4 : 6)};
  }
  return addresses;
}

Result<Address> parse_address(std::string_view text, std::uint16_t port) {
  std::string digits(text);
  if (digits.starts_with('[') && digits.ends_with(']')) digits = digits.substr(1, text.size() - 2);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, digits.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return address_of(v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, digits.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return address_of(v6);
  }
  return Error{fmt::format("'{}' is no address: write e.g. 127.0.0.1 or ::1", text)};
}

Result<std::vector<Address>> parse_addresses(std::string_view text, std::uint16_t port) {
  std::vector<Address> addresses;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    if (const std::size_t dash = part.find('-'); dash != std::string_view::npos) {
      const auto range = parse_range(part, dash, port);
      if (!range) return range.error();
      addresses.insert(addresses.end(), range->begin(), range->end());
    } else {
      const auto address = parse_address(part, port);
      if (!address) return address.error();
      addresses.push_back(*address);
    }
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

Result<Address> unix_address(const std::string& path) {
  sockaddr_un local{};
  if (path.empty() || path.size() >= sizeof local.sun_path) {
    return Error{fmt::format("'{}' is no path of a socket: it must have 1 to {} bytes", path,
                             sizeof local.sun_path - 1)};
  }
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.c_str(), path.size());
  return address_of(local);
}

Result<void> check_local(const std::vector<Address>& addresses) {
  for (const Address& address : addresses) {
    if (const int error = bind_once(address); error != 0) {
      return Error{fmt::format("cannot connect from {}: {}; name addresses of this machine",
                               address.text(), std::strerror(error))};
    }
  }
  return {};
}

}  // namespace dyno::http
