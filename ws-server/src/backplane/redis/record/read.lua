-- Reads a page. KEYS: meta, entries.
local new_epoch, after, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local messages, age, meta_lives, bytes = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local run = ARGV[8]

local epoch, last, time, _, _, new = record(KEYS[1], KEYS[2], new_epoch, run)
if new then
  -- Without memory for it the epoch is good for this answer only.
  redis.pcall('HSET', KEYS[1], 'epoch', epoch, 'last', text(last), 'time', text(time),
    'bytes', '0', 'run', run, 'gone', '0')
end
redis.pcall('PEXPIRE', KEYS[1], meta_lives)

-- Behind `start` all is kept: by what is there, by number, and by age.
local start = last
local oldest = entries_between(KEYS[2], '-', text(last), 1)[1]
if oldest then
  local offset, its_time = offset_and_time(oldest)
  start = offset - 1
  -- The first after a restart says itself behind which one it comes.
  if oldest[2][5] == 'a' and counts(oldest[2][6]) then
    start = math.min(start, tonumber(oldest[2][6]))
  end
  -- Those that are more than asked for: few, unless it was asked for more
  -- before.
  local excess = redis.call('XLEN', KEYS[2]) - messages
  if excess > 0 and excess <= 1000 then
    local entries = entries_between(KEYS[2], '-', text(last), excess)
    start = offset_and_time(entries[#entries])
  end
  local horizon = age and clock(time) - age
  if horizon and its_time < horizon then
    -- Times grow with offsets: the first that is young enough.
    local low, high = start + 1, last + 1
    while low < high do
      local middle = math.floor((low + high) / 2)
      local entry = entries_between(KEYS[2], text(middle), text(last), 1)[1]
      local there, entry_time = offset_and_time(entry or { '' })
      if there and entry_time < horizon then
        low = there + 1
      else
        high = middle
      end
    end
    start = low - 1
  end
end

local page, size, from, exhausted = {}, 0, math.max(after or start, start) + 1, false
while limit > 0 and size < bytes and from <= last and not exhausted do
  local count = math.min(limit, 16)
  local entries = entries_between(KEYS[2], text(from), text(last), count)
  exhausted = #entries < count
  for _, entry in ipairs(entries) do
    -- Not more than what is asked for, and no answer of many megabytes.
    if size >= bytes then
      exhausted = false
      break
    end
    local payload = entry[2][1] == 'p' and entry[2][2] or ''
    page[#page + 1] = entry[1]
    page[#page + 1] = payload
    size, limit, from = size + #payload, limit - 1, offset_and_time(entry) + 1
  end
end
local more = from <= last and not exhausted
return { epoch, text(start), text(last), more and 1 or 0, page }
