// The sources against the kernel's own /proc: what this process really does has to show, in
// proportion.
#include <fcntl.h>
#include <latch>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dyno/core/clock.h"
#include "dyno/monitor/sources.h"

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;

// CPU time of the calling thread, from the clock that the scheduler keeps.
Duration own_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void burn(Duration cpu) {
  const Duration until = own_cpu() + cpu;
  while (own_cpu() < until) {
  }
}

double ratio(Duration a, Duration b) { return std::chrono::duration<double>(a) / b; }

TEST(Live, BurntCpuShows) {
  const Source source = process_source(getpid(), Children::leave_out);
  const Duration before = *source().cpu_time;
  burn(300ms);
  EXPECT_NEAR(ratio(*source().cpu_time - before, 300ms), 1, 0.25);
}

TEST(Live, TouchedMemoryShows) {
  constexpr std::size_t size = 64 << 20;
  const Source source = process_source(getpid(), Children::leave_out);
  const auto before = static_cast<double>(*source().rss_bytes);
  // The kernel touches the pages: writes of this program would have shadows under a sanitizer.
  void* block = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  const double grown = static_cast<double>(*source().rss_bytes) - before;
  munmap(block, size);
  const double left = static_cast<double>(*source().rss_bytes) - before;
  EXPECT_NEAR(grown / size, 1, 0.15);
  EXPECT_NEAR(left / size, 0, 0.15);
}

TEST(Live, OpenedFilesShow) {
  const Source source = process_source(getpid(), Children::leave_out);
  const auto before = *source().fds;
  std::vector<int> files;
  for (int i = 0; i < 50; ++i) files.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(*source().fds, before + 50);
  for (const int file : files) close(file);
  EXPECT_EQ(*source().fds, before);
}

TEST(Live, ThreadsShowAndTheirCpuIsTheirGroups) {
  const Source service = thread_group_source(getpid(), named("svc:live"));
  const Source engine = thread_group_source(getpid(), not_named("svc:live"));
  std::latch burnt(2);
  std::latch done(1);
  const auto work = [&] {
    burn(150ms);
    burnt.count_down();
    done.wait();
  };
  std::thread worker([&] {
    pthread_setname_np(pthread_self(), "svc:live");
    std::thread child(work);  // carries the name of its creator
    work();
    child.join();
  });
  const Duration engine_before = *engine().cpu_time;
  burnt.wait();
  const Reading reading = service();
  const Duration engine_used = *engine().cpu_time - engine_before;
  done.count_down();
  worker.join();
  EXPECT_EQ(reading.threads, 2U);
  EXPECT_NEAR(ratio(*reading.cpu_time, 300ms), 1, 0.15);
  EXPECT_LT(ratio(engine_used, 300ms), 0.5);
  EXPECT_FALSE(reading.rss_bytes);
}

TEST(Live, AChildsWorkShowsAndSoDoesItsEnd) {
  int started[2];
  ASSERT_EQ(pipe(started), 0);
  const pid_t child = fork();
  if (child == 0) {
    burn(100ms);
    const bool told = write(started[1], "x", 1) == 1;
    pause();
    _exit(told ? 0 : 1);
  }
  const Source source = process_source(child);
  char byte = 0;
  ASSERT_EQ(read(started[0], &byte, 1), 1);
  const Reading reading = source();
  EXPECT_EQ(reading.presence, Presence::running);
  EXPECT_NEAR(ratio(*reading.cpu_time, 100ms), 1, 0.5);
  EXPECT_GE(reading.threads, 1U);  // a sanitizer may have one of its own
  EXPECT_TRUE(reading.namespace_sent_bytes);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(source().presence, Presence::exited);
  close(started[0]);
  close(started[1]);
}

}  // namespace
}  // namespace dyno::monitor
