// The files that this process may have open, and the kernel's table of them.
#pragma once

#include <cstdint>

namespace dyno {

// Raises the limit of open files as far as it goes; what it then is. UINT64_MAX where it cannot be
// known.
std::uint64_t raise_descriptor_limit();

// Makes the kernel's table of this process's open files large enough for `count` of them, or for as
// many as the limit allows. Done before anything is timed: the table grows by doubling, and where
// threads share it whoever opens the file that no longer fits waits until no processor can still be
// reading the old one, which takes 10 to 30 ms (expand_fdtable() and its synchronize_rcu() in
// Linux's fs/file.c). In a load test that is the moment in which many users connect.
void make_room_for_descriptors(std::uint64_t count);

}  // namespace dyno
