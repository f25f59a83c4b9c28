-- For wrk: with WRK_MIX the ten weighted tasks of locustfile.py (nothing checked); at the end a line RESULT {json}.
if os.getenv("WRK_MIX") then
  local json = { ["Content-Type"] = "application/json" }
  local models = { "gpt-4o", "claude-sonnet", "llama-70b", "mistral-large" }
  local prompts = { "Explain how a hash table resolves collisions.", "What is the capital of Australia, and why not Sydney?" }
  local responses = { "Colliding keys are chained in a list or probed for in the next free slot.",
    "Canberra was built as a compromise between Sydney and Melbourne." }
  local some, pages = function(list) return list[math.random(#list)] end, { "summary", "trends", "comparison" }
  local id = function() return string.format("%08x-%08x", math.random(0, 2 ^ 31), math.random(0, 2 ^ 31)) end
  local number = function(low, high) return tostring(math.random(low, high)) end
  local tasks, wheel = {
    { 10, "POST", function() return "/quality/analyze", '{"prompt":"' .. some(prompts) .. '","response":"' .. some(responses) ..
      '","model_id":"' .. some(models) .. '"}' end },
    { 5, "GET", function() return "/quality/insights" end },
    { 3, "POST", function() return "/regression/baseline", '{"model_name":"' .. some(models) .. '","config_hash":"' .. id() ..
      '","sample_size":' .. number(50, 200) .. '}' end },
    { 3, "POST", function() return "/regression/detect", '{"model_name":"' .. some(models) ..
      '","config_hash":"user-7","current_quality":' .. number(70, 95) .. '}' end },
    { 3, "GET", function() return "/analytics/" .. some(pages) end },
    { 2, "POST", function() return "/validation/create", '{"name":"validation ' .. id() .. '","model_name":"' .. some(models) ..
      '","baseline_quality":' .. number(70, 85) .. ',"new_quality":' .. number(75, 95) .. '}' end },
    { 2, "POST", function() return "/workflow/validate", '{"model_name":"' .. some(models) .. '","prompt":"' .. some(prompts) ..
      '","response":"' .. some(responses) .. '"}' end },
    { 2, "GET", function() return "/config/current" end }, { 1, "GET", function() return "/health" end },
    { 1, "GET", function() return "/admin/stats" end },
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
