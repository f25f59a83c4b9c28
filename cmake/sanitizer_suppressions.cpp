// Linked into every test that is built with a sanitizer: findings in libraries that are not ours.

// libcpp-httplib is compiled without ThreadSanitizer, which therefore does not see the guards of
// its function-local statics. NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n";
}

// libpqxx 6.4 drops a PGresult when a query meets a broken connection.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:PQmakeEmptyPGresult\n"; }
