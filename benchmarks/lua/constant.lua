-- Sends one request all the time with wrk, made once: a POST of the first line of FILE, or a GET.
--
--   wrk -t2 -c64 -d60s --latency -s constant.lua URL -- [FILE]
--
-- The last line printed is JSON, for `bench`.

function init(args)
  if args[1] then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    local file = assert(io.open(args[1], "r"))
    wrk.body = file:read("*l")
    file:close()
  end
  local made = wrk.format()
  request = function() return made end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"timeouts":%d,'
      .. '"p50_ms":%.3f,"p99_ms":%.3f,"longest_ms":%.3f,"threads_ended":0,"rounds":0}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
