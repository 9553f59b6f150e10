-- Records a message and publishes it. KEYS: meta, entries, seen.
local channel, payload, number, certain = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local new_epoch, messages, age = ARGV[5], ARGV[6], tonumber(ARGV[7])
local entries_live, meta_lives, seen_lives, publish = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local run = ARGV[12]

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

local epoch, last, time, its_run = record(KEYS[1], KEYS[2], new_epoch, run)
local previous, now = text(last), clock(time)
-- The server was started anew, or another has taken its place, and may have
-- lost the newest messages. Their offsets are not given again, as some have
-- seen them: no more are lost than are left out here.
if its_run ~= run then
  last = last + 1048576
end
local offset = text(last + 1)

-- The first to write: if there is no memory, nothing has happened yet.
local function append()
  return redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', messages, offset .. '-' .. text(now), 'p', payload)
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

redis.call('HSET', KEYS[1], 'epoch', epoch, 'last', offset, 'time', text(now), 'run', run)
redis.call('PEXPIRE', KEYS[1], meta_lives)
redis.call('PEXPIRE', KEYS[2], entries_live)
redis.call('SET', KEYS[3], number, 'PX', seen_lives)

-- One comes, a few go: never many at once.
if age then
  for _ = 1, 4 do
    local oldest = entries_between(KEYS[2], '-', '+', 1)[1]
    local _, its_time = offset_and_time(oldest or { '' })
    if not its_time or its_time >= now - age then
      break
    end
    redis.call('XDEL', KEYS[2], oldest[1])
  end
end

local position = epoch .. '-' .. offset
redis.call(publish, channel, '1' .. position .. ' ' .. previous .. ' ' .. payload)
return position
