# Compiler settings shared by every target, the packages, and the two precompiled headers.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)

# ccache halves a rebuild; precompiled headers need its two sloppiness flags to be cacheable at all.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT DYNO_COVERAGE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)

add_library(dyno_options INTERFACE)
target_compile_features(dyno_options INTERFACE cxx_std_20)
target_include_directories(dyno_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(dyno_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -fno-omit-frame-pointer -fpch-preprocess)
if(DYNO_WERROR AND NOT DYNO_SANITIZE AND NOT DYNO_COVERAGE)
  # Without optimisation, or with a sanitizer's own branches, gcc warns of what is not so.
  target_compile_options(dyno_options INTERFACE -Werror)
endif()
if(CMAKE_UNITY_BUILD)
  # A file sees what the files before it declare, which it does not when it is compiled by itself; and to
  # gcc the unnamed namespaces of all but the first are those of headers.
  target_compile_options(dyno_options INTERFACE -Wno-shadow
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(MOLD_PROGRAM)
  target_link_options(dyno_options INTERFACE -fuse-ld=mold)
endif()
if(DYNO_SANITIZE)
  # gcc 12 takes the sanitizers' own branches in library headers for reads of uninitialised values.
  target_compile_options(dyno_options INTERFACE -fsanitize=${DYNO_SANITIZE} -fno-sanitize-recover=all
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(dyno_options INTERFACE -fsanitize=${DYNO_SANITIZE})
endif()
if(DYNO_COVERAGE)
  target_compile_options(dyno_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(dyno_options INTERFACE --coverage)
endif()

# Compiled once, reused by every library (dyno_pch) and every test (dyno_test_pch;
# dyno_light_test_pch where the sources of tests are compiled with options of their own).
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// anchors a precompiled header\n")
add_library(dyno_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(dyno_pch PRIVATE dyno_options fmt::fmt)
target_precompile_headers(dyno_pch PRIVATE
  <algorithm> <array> <atomic> <charconv> <chrono> <coroutine> <cstdint> <cstring> <filesystem> <functional>
  <map> <memory> <mutex> <optional> <random> <span> <string> <string_view> <thread> <unordered_map> <utility>
  <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>)
function(dyno_precompile_for_tests target)
  add_library(${target} OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
  target_link_libraries(${target} PRIVATE dyno_options fmt::fmt GTest::gtest GTest::gmock)
  target_compile_options(${target} PRIVATE ${ARGN})
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <atomic> <chrono> <coroutine> <cstdint> <cstring> <filesystem> <fstream> <functional>
    <map> <memory> <optional> <random> <span> <string> <string_view> <thread> <vector> <fmt/format.h>
    <nlohmann/json.hpp> <gtest/gtest.h> <gmock/gmock.h>)
endfunction()
dyno_precompile_for_tests(dyno_test_pch)
if(CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo)
  set(DYNO_LIGHT_TESTS ON)
  set(DYNO_LIGHT_OPTIONS -O0 -g0)
  dyno_precompile_for_tests(dyno_light_test_pch ${DYNO_LIGHT_OPTIONS})
endif()
