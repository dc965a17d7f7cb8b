-- What wrk asks: searches, and upserts of four points, whose share is UPSERTS. A connection pauses for PAUSE milliseconds.
local seed = 0

function setup(thread)
  seed = seed + 1
  thread:set("seed", seed)
end

function init()
  math.randomseed(seed * 7919)
end

local function vector()
  local indices, values, seen = {}, {}, {}
  for _ = 1, 12 do
    -- Small numbers are searched and written more often, like common words.
    local index = math.floor(math.exp(math.random() * math.log(20000)))
    if not seen[index] then
      seen[index] = true
      indices[#indices + 1] = index
      values[#values + 1] = string.format("%.3f", 0.1 + 2 * math.random())
    end
  end
  return '{"indices":[' .. table.concat(indices, ",") .. '],"values":[' .. table.concat(values, ",") .. "]}"
end

local headers = { ["Content-Type"] = "application/json" }

function request()
  if math.random() < UPSERTS then
    local points = {}
    for index = 1, 4 do
      points[index] = string.format(
        '{"id":%d,"vector":{"text":%s},"payload":{"n":%d}}', math.random(1, 200000), vector(), index)
    end
    return wrk.format("PUT", "/collections/docs/points", headers, '{"points":[' .. table.concat(points, ",") .. "]}")
  end
  return wrk.format(
    "POST", "/collections/docs/points/query", headers, '{"query":' .. vector() .. ',"using":"text","limit":10}')
end

UPSERTS = tonumber(os.getenv("UPSERTS") or "0.1")

local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
  function delay()
    return pause
  end
end
