-- Sends prepared ballots with wrk, each of them once.
--
--   wrk -t2 -c64 -d60s --latency -s votes.lua URL -- FILE THREADS FROM TO once|again
--
-- FILE has the body of one POST /votes per line. The bytes FROM to TO of it (0 0: all) are cut into a
-- slice per thread. `again` starts the slice anew at its end: for the floor only, which remembers
-- nothing. `once` stops the thread there and prints `ended`; wrk itself stays until its time is over or it
-- gets SIGINT. The last line printed is JSON, for `bench`.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

-- Globals, so that done() can ask each thread for them.
ended, rounds = 0, 0

local file, first, last, position, is_once
local heads = {}

-- The slice begins after the first line end at or after `from - 1`, so that slices share no line.
local function rewind(from)
  if from == 0 then
    file:seek("set", 0)
    position = 0
  else
    file:seek("set", from - 1)
    position = from + #file:read("*l")
  end
end

-- By the body's length: everything before the body, made once.
local function head_for(length)
  local head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"]
    .. "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n\r\n"
  heads[length] = head
  return head
end

local health

function init(args)
  local count, from, to = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  file = assert(io.open(args[1], "r"))
  file:setvbuf("full", 1048576)
  if to == 0 then
    to = file:seek("end")
  end
  local size = (to - from) / count
  first = math.floor(from + number * size)
  last = math.floor(from + (number + 1) * size)
  is_once = args[5] == "once"
  if not wrk.headers["Host"] then
    wrk.headers["Host"] = wrk.host .. ":" .. wrk.port
  end
  -- What is sent when there is no ballot left: wrk has to send something until it stops.
  health = "GET /health HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
  rewind(first)
end

function request()
  if position >= last then
    if is_once then
      if ended == 0 then
        ended = 1
        io.stdout:write("ended\n")
        io.stdout:flush()
      end
      wrk.thread:stop()
      return health
    end
    rounds = rounds + 1
    rewind(first)
  end
  local body = file:read("*l")
  local length = #body
  position = position + length + 1
  return (heads[length] or head_for(length)) .. body
end

function done(summary, latency)
  local stopped, again = 0, 0
  for _, thread in ipairs(threads) do
    stopped = stopped + (thread:get("ended") or 0)
    again = again + (thread:get("rounds") or 0)
  end
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"timeouts":%d,'
      .. '"p50_ms":%.3f,"p99_ms":%.3f,"longest_ms":%.3f,"threads_ended":%d,"rounds":%d}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, stopped, again))
end
