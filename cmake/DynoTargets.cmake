# dyno_library(name SOURCES ... [DEPENDS ...])
# One static library per folder of src/dyno: target dyno_<name>, alias dyno::<name>.
function(dyno_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(dyno_${name} STATIC ${arg_SOURCES})
  add_library(dyno::${name} ALIAS dyno_${name})
  target_link_libraries(dyno_${name} PUBLIC dyno_options fmt::fmt ${arg_DEPENDS})
  target_precompile_headers(dyno_${name} REUSE_FROM dyno_pch)
endfunction()

# dyno_unit_tests(name SOURCES ... [DEPENDS ...] [TIMEOUT s] [LABELS ...])
# The *_test.cpp files of one folder as one program; every test in it is a ctest test labelled `unit`
# (or LABELS instead).
function(dyno_unit_tests name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE dyno_options fmt::fmt GTest::gtest GTest::gmock
                        GTest::gtest_main Threads::Threads ${arg_DEPENDS})
  target_precompile_headers(${name}_test REUSE_FROM dyno_test_pch)
  target_compile_definitions(${name}_test PRIVATE DYNO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
