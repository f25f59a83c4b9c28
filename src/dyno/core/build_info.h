// What CMake knew when this binary was built. Defined in build_info.cpp, made from
// build_info.cpp.in.
#pragma once

namespace dyno::build {

extern const char* const version;
extern const char* const compiler;
extern const char* const type;
extern const char* const flags;
extern const char* const sanitizers;
extern const char* const commit;

}  // namespace dyno::build
