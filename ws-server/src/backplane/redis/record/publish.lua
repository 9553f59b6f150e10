-- Records a message and publishes it. KEYS: meta, entries, seen.
local channel, payload, number, certain = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local new_epoch, messages, age = ARGV[5], ARGV[6], tonumber(ARGV[7])
local entries_live, meta_lives, seen_lives, publish = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local run, most_bytes = ARGV[12], tonumber(ARGV[13])

-- Numbers are of one length, so that they compare as texts.
local seen = redis.pcall('GET', KEYS[3])
if type(seen) == 'table' then
  throw_away(KEYS[3])
  seen = false
end
if seen and seen >= number then
  if not certain then
    return false
  end
  number = seen
end

local epoch, last, time, bytes, its_run, new, gone = record(KEYS[1], KEYS[2], new_epoch, run)
local known_gone = gone
local previous, now = text(last), clock(time)
bytes = bytes + #payload
local entry = { 'p', payload, 'b', text(bytes) }
-- The server was started anew, or another has taken its place, and may have
-- lost the newest messages. Their offsets are not given again, as some have
-- seen them: no more are lost than are left out here. The entry says behind
-- which one it comes.
if its_run ~= run then
  last = last + 1048576
  entry[5], entry[6] = 'a', previous
end
local offset = text(last + 1)

-- The first to write: if there is no memory, nothing has happened yet.
local function append()
  return redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', messages, offset .. '-' .. text(now),
    unpack(entry))
end
local appended = append()
if type(appended) == 'table' and appended.err
    and (string.find(appended.err, 'WRONGTYPE', 1, true) or string.find(appended.err, 'equal or smaller', 1, true)) then
  throw_away(KEYS[2])
  appended = append()
end
if type(appended) == 'table' and appended.err then
  return appended
end

redis.call('HSET', KEYS[1], 'epoch', epoch, 'last', offset, 'time', text(now),
  'bytes', text(bytes), 'run', run)
redis.call('PEXPIRE', KEYS[1], meta_lives)
redis.call('PEXPIRE', KEYS[2], entries_live)
redis.call('SET', KEYS[3], number, 'PX', seen_lives)

-- The oldest go, if they are too old or too many bytes: mostly one for each
-- that comes, and never very many at once. An entry knows the bytes of all up
-- to it.
local function has_to_go(oldest)
  local fields, its_offset, its_time = oldest[2], offset_and_time(oldest)
  if its_offset == last + 1 then
    return false
  end
  local up_to_it = fields[1] == 'p' and fields[3] == 'b' and tonumber(fields[4])
  if not up_to_it then
    return true
  end
  gone = up_to_it - #fields[2]
  return age and its_time < now - age or most_bytes and bytes - gone > most_bytes
end
-- Most often it is known without a look that they are not too many bytes.
if age or most_bytes and bytes - gone > most_bytes then
  for _ = 1, 1000 do
    local oldest = entries_between(KEYS[2], '-', '+', 1)[1]
    if not oldest or not has_to_go(oldest) then
      break
    end
    redis.call('XDEL', KEYS[2], oldest[1])
  end
end
if new or gone ~= known_gone then
  redis.call('HSET', KEYS[1], 'gone', text(gone))
end

local position = epoch .. '-' .. offset
redis.call(publish, channel, '1' .. position .. ' ' .. previous .. ' ' .. payload)
return position
