# dyno_only_when_needed(target): not built with all the rest, but by name or for who depends on it.
function(dyno_only_when_needed target)
  set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
endfunction()

# dyno_library(name SOURCES ... [DEPENDS ...])
# One static library per folder of src/dyno: target dyno_<name>, alias dyno::<name>.
function(dyno_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(dyno_${name} STATIC ${arg_SOURCES})
  if(DYNO_SANITIZE)
    dyno_only_when_needed(dyno_${name})
  endif()
  add_library(dyno::${name} ALIAS dyno_${name})
  target_link_libraries(dyno_${name} PUBLIC dyno_options fmt::fmt ${arg_DEPENDS})
  target_precompile_headers(dyno_${name} REUSE_FROM dyno_pch)
endfunction()

# dyno_test_sources(target): compiled for being compiled fast. In release what tests say themselves is neither
# optimised nor described to debuggers; what they test is in libraries, which are optimised there as for users.
function(dyno_test_sources target)
  if(DYNO_LIGHT_TESTS)
    target_compile_options(${target} PRIVATE ${DYNO_LIGHT_OPTIONS})
    target_precompile_headers(${target} REUSE_FROM dyno_light_test_pch)
  else()
    target_precompile_headers(${target} REUSE_FROM dyno_test_pch)
  endif()
endfunction()

# dyno_unit_tests(name SOURCES ... [DEPENDS ...] [TIMEOUT s] [LABELS ...] [SERIAL] [SINGLE_THREADED])
# The *_test.cpp files of one folder as one program; every test in it is a ctest test labelled `unit`
# (or LABELS instead). SERIAL: no other test at the same time, for what compares measured times.
# SINGLE_THREADED: neither the tests nor what they test has threads, so that ThreadSanitizer could
# find nothing. Where a sanitizer has nothing to say, the tests are not registered with ctest and are
# built by name only. What is SERIAL, counts allocations in its own process or tests coroutines by themselves
# (which call each other without a growing stack only when optimised) is optimised, the tests too.
function(dyno_unit_tests name)
  cmake_parse_arguments(arg "SERIAL;SINGLE_THREADED" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  set(serial FALSE)
  if(arg_SERIAL)
    set(serial TRUE)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  if(DYNO_SANITIZE)
    target_sources(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/cmake/sanitizer_suppressions.cpp)
  endif()
  target_link_libraries(${name}_test PRIVATE dyno_options fmt::fmt GTest::gtest GTest::gmock
                        GTest::gtest_main Threads::Threads ${arg_DEPENDS})
  if(arg_SERIAL OR dyno_allocations IN_LIST arg_DEPENDS OR dyno_async IN_LIST arg_DEPENDS)
    target_precompile_headers(${name}_test REUSE_FROM dyno_test_pch)
  else()
    dyno_test_sources(${name}_test)
  endif()
  set_target_properties(${name}_test PROPERTIES UNITY_BUILD_BATCH_SIZE 8)
  target_compile_definitions(${name}_test PRIVATE DYNO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if((DYNO_SANITIZE STREQUAL thread AND arg_SINGLE_THREADED)
     OR (DYNO_SANITIZE AND timing IN_LIST arg_LABELS))
    dyno_only_when_needed(${name}_test)
    return()
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${serial})
endfunction()

# dyno_add_perf_test(target SOURCES ... [DEPENDS ...])
# A program of GoogleTest performance cases; its main function comes from dyno::harness. With a
# sanitizer, which measures nothing, it is built by name only.
function(dyno_add_perf_test target)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE dyno_options dyno::perf_main ${arg_DEPENDS})
  target_precompile_headers(${target} REUSE_FROM dyno_test_pch)
  if(DYNO_SANITIZE)
    dyno_only_when_needed(${target})
  endif()
  add_test(NAME tree.${target}_cases COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}>
           -DREGISTERED=${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.txt
           -P ${CMAKE_SOURCE_DIR}/cmake/CheckPerfCases.cmake)
  set_tests_properties(tree.${target}_cases PROPERTIES LABELS tree TIMEOUT 60)
  if(NOT DYNO_SANITIZE)
    add_test(NAME perf.${target}_lengths COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}>
             -DREGISTERED=${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.txt
             -P ${CMAKE_SOURCE_DIR}/cmake/CheckPerfLengths.cmake)
    set_tests_properties(perf.${target}_lengths PROPERTIES LABELS smoke TIMEOUT 120
      ENVIRONMENT "DYNO_DATA=small;DYNO_DATA_CACHE=${CMAKE_BINARY_DIR}/test-cache")
  endif()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.txt "")
endfunction()

# dyno_perf_case(target Suite.Case LABELS ... [TIMEOUT s])
# One case as a ctest test, a process of its own, run serially: two at a time would measure each other. The case
# Smoke of a system is the fixture of all others of the program: unless it passes they do not run.
function(dyno_perf_case target name)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${target} --gtest_filter=${name})
  string(REGEX REPLACE "_perf$" "" system ${target})
  set_tests_properties(${name} PROPERTIES LABELS "performance;${system};${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                       RUN_SERIAL TRUE SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
  if(name MATCHES "[.]Smoke$")
    set_tests_properties(${name} PROPERTIES FIXTURES_SETUP smoke_${system})
  else()
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED smoke_${system})
  endif()
  file(APPEND ${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.txt "${name}\n")
endfunction()
