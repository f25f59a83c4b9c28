-- For wrk: with WRK_MIX the ten weighted tasks of locustfile.py; at the end a line RESULT {json}.
if os.getenv("WRK_MIX") then
  local json = { ["Content-Type"] = "application/json" }
  local tasks, wheel = {
    { 10, "GET", function() return "/health" end }, { 5, "GET", function() return "/metrics" end },
    { 3, "POST", function() return "/analyze", '{"text":"some words to analyze","depth":3,"tags":["x","y"]}' end },
    { 3, "GET", function() return "/items?page=" .. math.random(1, 50) end },
    { 2, "GET", function() return "/items/" .. math.random(1, 1000) end },
    { 2, "POST", function() return "/items", '{"name":"n' .. math.random(1, 1000) .. '","price":9.5}' end },
    { 3, "GET", function() return "/search?q=term" .. math.random(1, 100) end },
    { 2, "POST", function() return "/batch", '{"ops":[1,2,3,4,5]}' end },
    { 1, "GET", function() return "/status" end },
    { 1, "POST", function() return "/login", '{"user":"u' .. math.random(1, 1000) .. '","pass":"secret"}' end },
  }, {}
  for i, t in ipairs(tasks) do for _ = 1, t[1] do wheel[#wheel + 1] = i end end
  function request()
    local t = tasks[wheel[math.random(#wheel)]]
    local path, body = t[3]()
    return wrk.format(t[2], path, body and json or nil, body)
  end
end
function done(s, l, r)
  io.write(string.format('RESULT {"n":%d,"p50":%.4f,"p90":%.4f,"p99":%.4f,"p999":%.4f,"max":%.4f,"errors":%d}\n',
    s.requests, l:percentile(50) / 1e3, l:percentile(90) / 1e3, l:percentile(99) / 1e3, l:percentile(99.9) / 1e3,
    l.max / 1e3, s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout))
end
