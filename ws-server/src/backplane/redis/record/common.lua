-- Both scripts begin with this. What is ours is written by these scripts
-- alone; what somebody else has put in its place is thrown away.

-- Numbers as they are written, not as 1e+15.
local function text(number)
  return string.format('%.0f', number)
end

-- What is left of a double's precision is more than anybody will count.
local function counts(value)
  return type(value) == 'string' and #value <= 15 and string.find(value, '^%d+$') ~= nil
end

-- An epoch has 64 bits, and is never counted with.
local function names_an_epoch(value)
  return type(value) == 'string' and string.find(value, '^%d+$') ~= nil
    and (#value < 20 or (#value == 20 and value <= '18446744073709551615'))
end

local function throw_away(key)
  redis.log(redis.LOG_WARNING, 'ws-server: throws away what it did not write: ' .. key)
  redis.pcall('DEL', key)
end

-- Entries are called OFFSET-TIME, the time in milliseconds.
local function offset_and_time(entry)
  local offset, time = string.match(entry[1], '^(%d+)-(%d+)$')
  return tonumber(offset), tonumber(time)
end

local function entries_between(key, first, last, count)
  local entries = redis.pcall('XRANGE', key, first, last, 'COUNT', count)
  if entries.err then
    throw_away(key)
    return {}
  end
  return entries
end

-- Epoch, newest offset, its time, the bytes of all payloads that ever were,
-- which run of a server gave it, whether this is a new record, and how many of
-- the bytes are known to be gone.
local function record(meta_key, entries_key, new_epoch, run)
  local meta = redis.pcall('HMGET', meta_key, 'epoch', 'last', 'time', 'bytes', 'run', 'gone')
  if meta.err then
    throw_away(meta_key)
  elseif names_an_epoch(meta[1]) and counts(meta[2]) and counts(meta[3]) and counts(meta[4]) then
    local gone = counts(meta[6]) and tonumber(meta[6]) or 0
    return meta[1], tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4]), meta[5], false, gone
  end
  -- Entries of a record that was forgotten have offsets of another epoch.
  redis.pcall('DEL', entries_key)
  return new_epoch, 0, 0, 0, run, true, 0
end

-- In milliseconds, never less than `after`.
local function clock(after)
  local time = redis.call('TIME')
  return math.max(after, time[1] * 1000 + math.floor(time[2] / 1000))
end
