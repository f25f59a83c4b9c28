#include "dyno/core/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dyno {

namespace {

Error cannot(std::string_view what, const std::filesystem::path& path, int reason) {
  std::string_view advice;
  if (reason == ENOSPC || reason == EDQUOT) advice = "; free some space and try again";
  if (reason == EFBIG) advice = "; raise the limit on the size of files (ulimit -f)";
  if (reason == EACCES || reason == EROFS || reason == EPERM) advice = "; check its permissions";
  if (reason == ENOENT || reason == ENOTDIR) advice = "; check the path";
  return Error{
      fmt::format("cannot {} {}: {}{}", what, path.string(), std::strerror(reason), advice)};
}

// Writes everything and flushes it to the disk; 0 or the errno.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

std::filesystem::path beside(const std::filesystem::path& path) {
  return path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), ::getpid());
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  // What cannot be looked at (a name too long, links in a circle) is no folder; opening it says
  // why.
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) return cannot("read", path, EISDIR);
  std::ifstream in(path, std::ios::binary);
  if (!in) return cannot("read", path, errno);
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad()) return cannot("read", path, errno);
  return std::move(content).str();
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code code;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  if (code) return cannot("create the folder of", path, code.value());
  const auto temporary = beside(path);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot("write", path, errno);
  int failure = write_all(descriptor, content);
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  ::unlink(temporary.c_str());
  return cannot("write", path, failure);
}

Result<void> check_writable(const std::filesystem::path& folder) {
  const auto probe = folder / ".writable";
  if (auto written = write_file(probe, "dyno looks whether it may write here\n"); !written) {
    return Error{fmt::format("results cannot be written to {}: {}", folder.string(),
                             written.error().message)};
  }
  ::unlink(probe.c_str());
  return {};
}

Result<std::filesystem::path> make_own_folder(const std::filesystem::path& wanted) {
  std::error_code code;
  if (wanted.has_parent_path()) std::filesystem::create_directories(wanted.parent_path(), code);
  auto folder = wanted;
  for (int nth = 2; ::mkdir(folder.c_str(), 0777) != 0; ++nth) {
    if (errno != EEXIST) return cannot("make the folder", folder, errno);
    folder = wanted.string() + "-" + std::to_string(nth);
  }
  return folder;
}

Result<void> replace_symlink(const std::filesystem::path& target,
                             const std::filesystem::path& link) {
  const auto temporary = beside(link);
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0) return cannot("link", link, errno);
  if (::rename(temporary.c_str(), link.c_str()) != 0) return cannot("link", link, errno);
  return {};
}

}  // namespace dyno
