-- Shows in Wireshark and tshark what the nodes of a komainu cluster say to one another: the datagrams
-- and the peer streams of komainu-protocol(7), version 1, byte by byte. It refuses what a node would
-- refuse, except for what needs the key: whether a tag is right is not looked at, nor whether a
-- message is fresh. Lua here has no BLAKE2b, and a capture should not need the key.
--
--   wireshark -X lua_script:komainu.lua FILE
--
-- Nothing that is captured may end in a Lua error: all bytes are read by a Reader, which knows where
-- they end, and whose failure is final, as that of packet/bytes.h is.

local komainu = Proto("komainu", "komainu")
local stream = Proto("komainu_stream", "komainu peer stream")  -- only a handle; its fields are komainu's

local port_wanted = 9694
komainu.prefs.port = Pref.uint("Port", port_wanted, "UDP and TCP port of heartbeats and peer streams")

-- --- Names ----------------------------------------------------------------------------------------

local datagram_types = {
    [1] = "heartbeat", [2] = "vote request", [3] = "vote", [4] = "release", [5] = "switchover request"
}
local frame_types = {
    [1] = "keep-alive", [2] = "server info", [3] = "join accepted", [4] = "join refused",
    [16] = "prepare", [17] = "promised", [18] = "outbid", [19] = "accept", [20] = "accepted",
    [21] = "committed", [22] = "record lost", [23] = "event submitted", [24] = "event refused",
    [25] = "backends seen"
}
local answers = { [0] = "refused", [1] = "granted" }
local hello_refusals = { [1] = "unknown version", [2] = "foreign cluster", [3] = "unknown key" }
local join_refusals = { [1] = "not active", [2] = "other settings", [3] = "other" }
local roles = { [0] = "standby", [1] = "active", [2] = "witness" }
local event_kinds = {
    [0] = "detach", [1] = "attach", [2] = "promote", [3] = "recovery-start", [4] = "recovery-end",
    [5] = "command ended"
}
local command_ended = 5
local event_origins = { [0] = "operator", [1] = "pgpool", [2] = "reports", [3] = "active" }
local event_refusals = {
    [0] = "done", [1] = "it is so already", [2] = "the backend is down", [3] = "the backend is up",
    [4] = "another recovery is under way", [5] = "no recovery is under way", [6] = "too many events wait",
    [7] = "no active node or no quorum", [8] = "it took too long"
}
local info_tags = {
    [1] = "host name", [2] = "software version", [3] = "service port", [4] = "peer port", [5] = "role",
    [6] = "incarnation", [7] = "VIP settings hash", [8] = "VIP setting"
}
local conditions = {  -- from the lowest bit on
    "healthy", "witness", "quarantined", "free", "leaving", "on_standby", "paused"
}
local digests = { "quorum", "outside", "preemption", "nodes", "timing", "transport", "vips" }

-- --- Fields ---------------------------------------------------------------------------------------

local f = {}

local function field(name, kind, ...) f[name] = ProtoField[kind]("komainu." .. name, ...) end
local function number(name, bits, title, names) field(name, "uint" .. bits, title, base.DEC, names) end
local function hex(name, bits, title) field(name, "uint" .. bits, title, base.HEX) end
local function flag(name, title) field(name, "bool", title) end

field("magic", "string", "Magic")
number("version", 8, "Version")
number("type", 8, "Type", datagram_types)
number("sender", 8, "Sender")
number("link", 8, "Link")
hex("key_id", 32, "Key id")
hex("cluster", 64, "Cluster hash")
number("length", 16, "Length of the body")
number("reserved", 16, "Reserved")
hex("incarnation", 64, "Incarnation of the sender")
number("sequence", 64, "Sequence")
field("tag", "bytes", "Tag")

-- A term, and who holds it: the highest that is known, whom the sender holds to be active, who
-- stands.
number("term.round", 64, "Round")
number("term.node", 8, "Node")
for prefix, title in pairs({ active = "Active", candidate = "Candidate" }) do
    number(prefix .. ".round", 64, title .. ": round")
    number(prefix .. ".node", 8, title .. ": node")
    hex(prefix .. ".incarnation", 64, title .. ": incarnation")
end
number("released.round", 64, "Round")
number("released.successor", 8, "Successor")
number("priority", 16, "Priority")
hex("conditions", 8, "Conditions")
for bit, name in ipairs(conditions) do
    f["condition." .. name] = ProtoField.bool("komainu.condition." .. name, name:gsub("_", " "), 8, nil,
                                              math.floor(2 ^ (bit - 1)))
end
number("maintenance.round", 64, "Round")
number("maintenance.node", 8, "Node")
flag("maintenance.paused", "Paused")
number("deadtime", 32, "Deadtime (ms)")
number("remembered", 32, "Remembered deadtime (ms)")
for _, name in ipairs(digests) do hex("digest." .. name, 32, name) end
number("echoes", 8, "Echoes")
number("echo.peer", 8, "Peer")
flag("echo.out_of_reach", "The sender cannot reach its service")
hex("echo.incarnation", 64, "Incarnation")
number("echo.sequence", 64, "Sequence")
number("echo.held_us", 24, "Held (µs)")
number("granted", 8, "Answer", answers)
number("target", 8, "Target")

number("hello.lowest", 8, "Lowest version")
number("hello.highest", 8, "Highest version")
field("hello.random", "bytes", "Random")
number("hello.refusal", 8, "Why", hello_refusals)
number("frame.type", 8, "Type", frame_types)
number("info.tag", 8, "Field", info_tags)
number("info.length", 16, "Length")
field("info.host", "string", "Host name")
field("info.version", "string", "Software version")
number("info.service_port", 16, "Service port")
number("info.peer_port", 16, "Peer port")
number("info.role", 8, "Role", roles)
hex("info.incarnation", 64, "Incarnation")
field("info.vip_settings_hash", "bytes", "VIP settings hash")
field("info.setting.key", "string", "Key")
field("info.setting.value", "string", "Value")
number("join.refusal", 8, "Why", join_refusals)
field("join.reason", "string", "Reason")
number("ballot.round", 64, "Ballot: round")
number("ballot.node", 8, "Ballot: node")
number("table.round", 64, "Table's ballot: round")
number("table.node", 8, "Table's ballot: node")
number("table.base", 64, "Index of the newest entry that is folded")
hex("table.up", 64, "Backends that are up")
number("table.primary", 8, "Primary, plus 1")
number("table.recoveries", 8, "Online recoveries")
number("recovery.backend", 8, "Backend")
number("recovery.node", 8, "Recovered by node")
number("table.commands_ended", 64, "Commands have ended up to")
number("table.entries", 8, "Entries")
number("event.node", 8, "Submitted on node")
hex("event.number", 64, "Number")
number("event.kind", 8, "Kind", event_kinds)
number("event.backend", 8, "Backend")
number("event.origin", 8, "Origin", event_origins)
number("event.at_ms", 64, "At (ms since 1970)")
hex("event.reporters", 64, "Nodes that saw it down")
number("event.ended", 64, "Entry whose command ended")
number("event.status", 8, "Exit status")
flag("event.has_command", "A command is run for it")
number("event.refusal", 8, "Why", event_refusals)
number("index", 64, "Index")
number("committed", 64, "Index of the newest committed entry")
flag("recovers", "Recovers")
flag("on_disk", "On disk")
hex("down", 64, "Backends that the sender finds down")
field("unread", "bytes", "Bytes that are passed over")

komainu.fields = f

local function complaint(name, text, group, severity)
    return ProtoExpert.new("komainu." .. name, text, group, severity)
end
local malformed = complaint("malformed", "Malformed: a node refuses it", expert.group.MALFORMED,
                            expert.severity.ERROR)
local unknown_version = complaint("unknown_version", "Of a version that is not known here",
                                  expert.group.UNDECODED, expert.severity.WARN)
local unknown_type = complaint("unknown_type", "Of a type that is not known here",
                               expert.group.UNDECODED, expert.severity.WARN)
local trailing = complaint("trailing", "Bytes of a later version", expert.group.UNDECODED,
                           expert.severity.NOTE)
local no_frame = complaint("no_frame", "No frame begins here; the capture may have begun amid one",
                           expert.group.UNDECODED, expert.severity.WARN)
local cut_off = complaint("cut_off", "The capture has cut this off", expert.group.UNDECODED,
                          expert.severity.NOTE)
local unproven = complaint("unproven", "Said in clear: nothing proves it", expert.group.SECURITY,
                           expert.severity.NOTE)
komainu.experts = { malformed, unknown_version, unknown_type, trailing, no_frame, cut_off, unproven }

-- --- Reading --------------------------------------------------------------------------------------

local zero = UInt64(0)
local nodes_max, backends_max, entries_max = 64, 64, 64
local tag_bytes = 32

local Reader = {}
Reader.__index = Reader

-- Of the bytes from `at` up to `stop`. `tree` is where its fields go, and may be exchanged.
local function reader(tvb, at, stop, tree)
    return setmetatable({ tvb = tvb, at = at, stop = stop, tree = tree, failed = false }, Reader)
end

function Reader:left() return self.failed and 0 or self.stop - self.at end

-- The first failure is shown where it is; after it nothing is read any more.
function Reader:fail(text)
    if self.failed then return end
    self.failed = true
    local short = self.tvb:reported_len() > self.tvb:len() and self.stop >= self.tvb:len()
    self.tree:add_proto_expert_info(short and cut_off or malformed, text)
end

function Reader:range(bytes)
    if self:left() < bytes then self:fail("it ends too early") end
    if self.failed then return nil end
    self.at = self.at + bytes
    return self.tvb:range(self.at - bytes, bytes)
end

-- A number of up to four bytes, and its item; 0 after a failure.
function Reader:number(name, bytes)
    local range = self:range(bytes)
    if not range then return 0, nil end
    return range:uint(), self.tree:add(f[name], range)
end

function Reader:long(name)
    local range = self:range(8)
    if not range then return zero, nil end
    return range:uint64(), self.tree:add(f[name], range)
end

function Reader:bytes(name, count)
    local range = self:range(count)
    if range and count > 0 then self.tree:add(f[name], range) end
    return range
end

-- Printable ASCII as Lua's string; empty after a failure.
function Reader:text(name, count, most)
    if count > most then self:fail("longer than " .. most) end
    if count == 0 and not self.failed then
        self.tree:add(f[name], "")
        return ""
    end
    local range = self:range(count)
    if not range then return "" end
    local text = range:raw()
    if text:find("[^ -~]") then
        self:fail("a text is not printable ASCII")
        return ""
    end
    self.tree:add(f[name], range, text)
    return text
end

function Reader:must(permitted, text) if not permitted then self:fail(text) end end

-- Does something with a subtree, which is as long as what was read for it.
function Reader:within(title, read)
    local outer, start = self.tree, self.at
    self.tree = outer:add(komainu, self.tvb:range(start, self.stop - start), title)
    local result = read(self.tree)
    self.tree:set_len(self.at - start)
    self.tree = outer
    return result
end

local function is_node(node) return node >= 1 and node <= nodes_max end

function Reader:node(name)
    local node = self:number(name, 1)
    self:must(is_node(node), node .. " is no node")
    return node
end

function Reader:node_or_none(name)
    local node, item = self:number(name, 1)
    self:must(node <= nodes_max, node .. " is no node")
    if item and node == 0 then item:append_text(" (none)") end
    return node
end

function Reader:choice(name, names)
    local value = self:number(name, 1)
    self:must(names[value], value .. " is none of those that are known")
    return value
end

function Reader:flag(name)
    local value = self:number(name, 1)
    self:must(value <= 1, value .. " is neither 0 nor 1")
    return value == 1
end

function Reader:deadtime(name)
    local value = self:number(name, 4)
    self:must(value >= 20 and value <= 3600000, "not from 20 ms to an hour")
    return value
end

-- In UTC; empty when it is no time that people have use for.
local function time_text(ms)
    if ms > UInt64(0xffffffff, 0x3ff) then return "" end
    local number_ms = ms:tonumber()
    local seconds = math.floor(number_ms / 1000)
    return string.format("%s.%03d UTC", os.date("!%Y-%m-%d %H:%M:%S", seconds), number_ms % 1000)
end

function Reader:incarnation(name)
    local incarnation, item = self:long(name)
    if item and incarnation == zero then
        item:append_text(" (none)")
    elseif item then
        item:append_text(" (started " .. time_text(incarnation:rshift(22)) .. ")")
    end
    return incarnation
end

-- --- Parts of messages ----------------------------------------------------------------------------

local function dotted(round, node) return tostring(round) .. "." .. node end

function Reader:round(name)
    local round = self:long(name)
    self:must(round:rshift(63) == zero, "a round is below 2^63")
    return round
end

-- A term or a ballot: "7.1", or nil where there is none.
function Reader:term(prefix)
    local round = self:round(prefix .. ".round")
    local node = self:node_or_none(prefix .. ".node")
    self:must((round == zero) == (node == 0), "of round and node only one is 0")
    if node == 0 then return nil, node end
    return dotted(round, node), node
end

function Reader:tenancy(prefix)
    local term, node = self:term(prefix)
    local incarnation = self:incarnation(prefix .. ".incarnation")
    self:must((incarnation == zero) == (term == nil), "of term and incarnation only one is 0")
    return term, node
end

function Reader:someones_tenancy(prefix)
    local term, node = self:tenancy(prefix)
    self:must(term, "nobody's tenancy")
    return term or "", node
end

function Reader:release()
    local round = self:round("released.round")
    local successor = self:node_or_none("released.successor")
    self:must(round ~= zero or successor == 0, "a successor of no round")
    return round, successor
end

function Reader:conditions()
    local set = {}
    self:within("Conditions", function(tree)
        local range = self:range(1)
        if not range then return end
        local byte = range:uint()
        tree:add(f["conditions"], range)
        for bit, name in ipairs(conditions) do
            tree:add(f["condition." .. name], range)
            set[name] = range:bitfield(8 - bit, 1) == 1
        end
        self:must(byte < 2 ^ #conditions, "a condition that is not known")
    end)
    return set
end

function Reader:echo(previous)
    return self:within("Echo", function(tree)
        local range = self:range(1)
        local peer = range and range:bitfield(1, 7) or 0
        local out_of_reach = range ~= nil and range:bitfield(0, 1) == 1
        self:must(is_node(peer), peer .. " is no node")
        if not range then return peer, out_of_reach end
        tree:add(f["echo.peer"], range, peer)
        tree:add(f["echo.out_of_reach"], range, out_of_reach)
        self:incarnation("echo.incarnation")
        local sequence = self:long("echo.sequence")
        self:number("echo.held_us", 3)
        tree:append_text(" of node " .. peer .. ": " .. tostring(sequence))
        self:must(peer > previous, "echoes do not ascend")
        return peer
    end)
end

-- --- Datagrams ------------------------------------------------------------------------------------

local read_datagram = {}

local function standing(sender, active, witness)
    if active == 0 then return witness and "witness, no active" or "no active" end
    if active == sender then return "active" end
    return (witness and "witness" or "standby") .. " of " .. active
end

read_datagram[1] = function(r, sender)
    local highest = r:within("Highest term", function() return (r:term("term")) end)
    local following, active
    r:within("Active", function() following, active = r:tenancy("active") end)
    r:within("Released", function() r:release() end)
    r:number("priority", 2)
    local set = r:conditions()
    r:within("Maintenance", function()
        local wish = r:term("maintenance")
        local paused = r:flag("maintenance.paused")
        r:must(wish or not paused, "paused without a wish")
    end)
    r:deadtime("deadtime")
    r:deadtime("remembered")
    r:within("Digests of settings", function()
        for _, name in ipairs(digests) do r:number("digest." .. name, 4) end
    end)
    local count = r:number("echoes", 1)
    local previous = 0
    for _ = 1, count do
        if r.failed then break end
        previous = r:echo(previous)
    end
    local text = standing(sender, active, set.witness) .. ", term " .. (following or highest or "none")
    if following and highest ~= following then text = text .. " (highest " .. (highest or "none") .. ")" end
    for _, name in ipairs({ "quarantined", "leaving", "on_standby", "paused" }) do
        if set[name] then text = text .. ", " .. name:gsub("_", " ") end
    end
    return (set.healthy or set.witness) and text or text .. ", not healthy"
end

read_datagram[2] = function(r, sender)
    local round = r:round("candidate.round")
    r:must(round ~= zero, "a round is not 0")
    r:deadtime("deadtime")
    return "for term " .. dotted(round, sender)
end

read_datagram[3] = function(r)
    local term, node
    r:within("Candidate", function() term, node = r:someones_tenancy("candidate") end)
    local answer = r:choice("granted", answers)
    local highest = r:within("Highest term", function() return (r:term("term")) end)
    r:deadtime("remembered")
    return string.format("%s to node %d, term %s%s", answers[answer] or "?", node, term,
                         highest == term and "" or " (highest " .. (highest or "none") .. ")")
end

read_datagram[4] = function(r, sender, sequence)
    local round, successor = r:release()
    r:must(round ~= zero, "a round is not 0")
    return "of term " .. dotted(round, sender) ..
        (successor ~= 0 and ", successor " .. successor or "") ..
        (sequence == UInt64(1) and ", the last will" or "")
end

read_datagram[5] = function(r)
    local term, node
    r:within("Active", function() term, node = r:someones_tenancy("active") end)
    local target = r:node_or_none("target")
    return string.format("to node %d, term %s, for %s", node, term,
                         target == 0 and "any" or "node " .. target)
end

local function add_tag(r, stop)
    local bytes = math.min(tag_bytes, stop - r.at)
    if bytes > 0 then
        r.tree:add(f["tag"], r.tvb:range(r.at, bytes)):append_text(" (not verified: that needs the key)")
    end
    r.at = r.at + bytes
end

-- Header, body and tag; what it says in a line.
local function dissect_datagram(tvb, tree)
    local r = reader(tvb, 0, tvb:len(), tree)
    if not r:bytes("magic", 4) then return "malformed" end
    local version = r:number("version", 1)
    local kind, kind_item = r:number("type", 1)
    local sender = r:number("sender", 1)
    r:number("link", 1)
    r:number("key_id", 4)
    r:long("cluster")
    local length, length_item = r:number("length", 2)
    if r.failed then return "malformed" end
    local whole = tvb:reported_len()
    if whole ~= 40 + length + tag_bytes or whole > 1452 then
        length_item:add_proto_expert_info(malformed, "the datagram has " .. whole .. " bytes")
        return "malformed: its length is not what it says"
    end
    if version ~= 1 then
        tree:add_proto_expert_info(unknown_version)
        return "of version " .. version
    end
    local reserved = r:number("reserved", 2)
    local incarnation = r:incarnation("incarnation")
    local sequence = r:long("sequence")
    r:must(is_node(sender), sender .. " is no node")
    r:must(reserved == 0, "what is reserved is 0")
    r:must(incarnation ~= zero, "there is no incarnation 0")
    r:must(sequence ~= zero, "there is no sequence 0")
    local text = (datagram_types[kind] or "type " .. kind) .. " node " .. sender
    if not read_datagram[kind] then
        kind_item:add_proto_expert_info(unknown_type)
    elseif not r.failed then
        r.stop = math.min(40 + length, tvb:len())
        text = text .. ", " .. r:within(datagram_types[kind], function()
            local said = read_datagram[kind](r, sender, sequence)
            if r:left() > 0 then r:fail(r:left() .. " bytes too many") end
            return said
        end) .. ", seq " .. tostring(sequence)
    end
    if not r.failed and not read_datagram[kind] then r:bytes("unread", length) end
    if not r.failed then add_tag(r, tvb:len()) end
    return r.failed and text .. " (malformed)" or text
end

function komainu.dissector(tvb, pinfo, tree)
    if tvb:len() < 4 or tvb:range(0, 4):raw() ~= "KMNU" then return 0 end
    pinfo.cols.protocol:set("KOMAINU")
    local item = tree:add(komainu, tvb:range())
    local text = dissect_datagram(tvb, item)
    item:append_text(", " .. text)
    pinfo.cols.info:set(text)
    return tvb:len()
end

-- --- The table of backends ------------------------------------------------------------------------

function Reader:ballot(prefix)
    local ballot = self:term(prefix)
    self:must(ballot, "there is no ballot 0")
    return ballot or ""
end

function Reader:backend(name)
    local backend = self:number(name, 1)
    self:must(backend < backends_max, backend .. " is no backend")
    return backend
end

function Reader:event_id()
    self:node("event.node")
    self:long("event.number")
end

-- "detach 0 (reports)", and of which entry the command has ended, if it is that.
function Reader:event()
    self:event_id()
    local kind = self:choice("event.kind", event_kinds)
    local backend = self:backend("event.backend")
    local origin = self:choice("event.origin", event_origins)
    local at, at_item = self:long("event.at_ms")
    if at_item then at_item:append_text(" (" .. time_text(at) .. ")") end
    self:long("event.reporters")
    local ended = self:long("event.ended")
    self:number("event.status", 1)
    local text = string.format("%s %d (%s)", event_kinds[kind] or "?", backend, event_origins[origin] or "?")
    return text, kind == command_ended and ended or nil
end

function Reader:recoveries()
    local count = self:number("table.recoveries", 1)
    local previous = -1
    for _ = 1, count do
        if self.failed then break end
        local backend = self:backend("recovery.backend")
        self:node("recovery.node")
        self:must(backend > previous, "recoveries do not ascend")
        previous = backend
    end
end

-- "table 9.1 up to 7", and the index of its newest entry.
function Reader:table_of_backends()
    local ballot, base, count, index
    self:within("Table", function()
        ballot = self:term("table")
        base = self:long("table.base")
        self:long("table.up")
        local primary, item = self:number("table.primary", 1)
        self:must(primary <= backends_max, primary .. " is no backend, plus 1")
        if item then item:append_text(primary == 0 and " (none)" or " (backend " .. primary - 1 .. ")") end
        self:recoveries()
        local commands_ended = self:long("table.commands_ended")
        count = self:number("table.entries", 1)
        self:must(count <= entries_max, "more than " .. entries_max .. " entries")
        for i = 1, count do
            if self.failed then break end
            self:within("Entry", function(tree)
                local event, ended = self:event()
                self:flag("event.has_command")
                local place = base + UInt64(i)
                self:must(not ended or ended < place, "a command ends before it has begun")
                tree:append_text(" " .. tostring(place) .. ": " .. event)
            end)
        end
        self:must(ballot or (base == zero and count == 0), "entries without a ballot")
        self:must(base:rshift(63) == zero, "an index is below 2^63")
        self:must(commands_ended <= base, "commands end before they have begun")
        index = base + UInt64(count)
    end)
    return string.format("table %s up to %s", ballot or "none", tostring(index)), index
end

-- --- Frames ---------------------------------------------------------------------------------------

local read_frame = {}

local function less(a, b)  -- by bytes, whatever the locale
    for i = 1, math.min(#a, #b) do
        if a:byte(i) ~= b:byte(i) then return a:byte(i) < b:byte(i) end
    end
    return #a < #b
end

local read_info = {
    [1] = function(r, said) said.host = r:text("info.host", r:left(), 64) end,
    [2] = function(r, said) said.version = r:text("info.version", r:left(), 64) end,
    [3] = function(r) r:must(r:number("info.service_port", 2) ~= 0, "there is no port 0") end,
    [4] = function(r) r:number("info.peer_port", 2) end,
    [5] = function(r, said) said.role = roles[r:choice("info.role", roles)] end,
    [6] = function(r) r:incarnation("info.incarnation") end,
    [7] = function(r) r:bytes("info.vip_settings_hash", 32) end,
    [8] = function(r, said)
        local key = r:text("info.setting.key", r:plain(2), 256)
        r:text("info.setting.value", r:plain(2), 256)
        r:must(not said.key or less(said.key, key), "VIP settings do not ascend")
        said.key = key
    end
}

-- A number that is shown with what it counts.
function Reader:plain(bytes)
    local range = self:range(bytes)
    return range and range:uint() or 0
end

function Reader:info_field(said)
    local tag, tag_item = self:number("info.tag", 1)
    local length = self:number("info.length", 2)
    local ascends = tag > said.tag or (tag == said.tag and tag >= 8)
    self:must(ascends, "fields do not ascend")
    self:must(length <= self:left(), "a field is longer than the frame")
    if self.failed then return end
    self.tree:append_text(": " .. (info_tags[tag] or tag))
    local stop = self.stop
    self.stop = self.at + length
    if read_info[tag] then
        read_info[tag](self, said)
        self:must(self:left() == 0, "a field is too long")
    else
        tag_item:add_proto_expert_info(trailing)
        self:bytes("unread", length)
    end
    self.stop = stop
    said.tag, said[tag] = tag, true
end

read_frame[1] = function() return "" end

read_frame[2] = function(r)
    local said = { tag = 0 }
    while r:left() > 0 do
        r:within("Field", function() r:info_field(said) end)
    end
    for _, tag in ipairs({ 1, 2, 4, 5, 6, 7 }) do r:must(said[tag], info_tags[tag] .. " is missing") end
    return string.format(": %s, komainu %s, %s", said.host or "?", said.version or "?", said.role or "?")
end

read_frame[3] = function() return "" end

read_frame[4] = function(r)
    local why, item = r:number("join.refusal", 1)
    r:must(why ~= 0, "no reason")
    if item and not join_refusals[why] then item:append_text(" (other)") end
    local reason = r:text("join.reason", r:plain(2), 1024)
    return ": " .. (join_refusals[why] or "other") .. ": " .. reason
end

read_frame[16] = function(r) return " ballot " .. r:ballot("ballot") end
read_frame[17] = function(r) return " ballot " .. r:ballot("ballot") .. ", " .. r:table_of_backends() end
read_frame[18] = function(r) return " by ballot " .. r:ballot("ballot") end

read_frame[19] = function(r)
    local text, index = r:table_of_backends()
    local committed = r:long("committed")
    local recovers = r:flag("recovers")
    r:must(committed <= index, "more is committed than there is")
    return " " .. text .. ", committed " .. tostring(committed) .. (recovers and ", recovers" or "")
end

read_frame[20] = function(r)
    local text = " ballot " .. r:ballot("ballot") .. ", index " .. tostring((r:long("index")))
    return text .. (r:flag("on_disk") and "" or ", not on disk")
end

read_frame[21] = function(r)
    return " ballot " .. r:ballot("ballot") .. ", index " .. tostring((r:long("index")))
end

read_frame[22] = function() return "" end
read_frame[23] = function(r) return ": " .. r:event() end

read_frame[24] = function(r)
    r:event_id()
    return ": " .. (event_refusals[r:choice("event.refusal", event_refusals)] or "?")
end

read_frame[25] = function(r)
    local down = r:long("down")
    local item, list = r.tree, {}
    for backend = 0, backends_max - 1 do
        if down:rshift(backend):lower() % 2 == 1 then list[#list + 1] = tostring(backend) end
    end
    item:append_text(", down: " .. (#list > 0 and table.concat(list, " ") or "none"))
    return #list > 0 and ": down " .. table.concat(list, " ") or ": none down"
end

-- What follows a body is a later version's.
local function dissect_frame(tvb, tree)
    local r = reader(tvb, 0, tvb:len(), tree)
    local length = r:number("length", 2)
    local kind, kind_item = r:number("frame.type", 1)
    if r.failed then return "malformed" end
    local name = frame_types[kind] or "frame of type " .. kind
    tree:append_text(", " .. name)
    r.stop = math.min(3 + length, tvb:len())
    local text = name
    if read_frame[kind] then
        text = name .. read_frame[kind](r)
        if r:left() > 0 then
            tree:add_proto_expert_info(trailing)
            r:bytes("unread", r:left())
        end
    else
        kind_item:add_proto_expert_info(unknown_type)
        r:bytes("unread", r:left())
    end
    r.at = r.stop
    if not r.failed then add_tag(r, tvb:len()) end
    return r.failed and text .. " (malformed)" or text
end

-- --- Hellos ---------------------------------------------------------------------------------------

local function dissect_hello(tvb, tree)
    local r = reader(tvb, 0, tvb:len(), tree)
    r:bytes("magic", 4)
    local lowest = r:number("hello.lowest", 1)
    local highest = r:number("hello.highest", 1)
    local sender = r:node("sender")
    r:range(1)
    r:long("cluster")
    local incarnation = r:incarnation("incarnation")
    r:number("key_id", 4)
    r:range(4)
    r:bytes("hello.random", 32)
    r:must(lowest >= 1 and lowest <= highest, "there are no such versions")
    r:must(incarnation ~= zero, "there is no incarnation 0")
    if not r.failed and lowest > 1 then tree:add_proto_expert_info(unknown_version) end
    return "hello of node " .. sender .. (r.failed and " (malformed)" or "")
end

local function dissect_hello_refusal(tvb, tree)
    local r = reader(tvb, 0, tvb:len(), tree)
    r:bytes("magic", 4)
    local why = r:choice("hello.refusal", hello_refusals)
    r:number("hello.lowest", 1)
    r:number("hello.highest", 1)
    if not r.failed then tree:add_proto_expert_info(unproven) end
    return "refused: " .. (hello_refusals[why] or "?") .. (r.failed and " (malformed)" or "")
end

-- --- Streams --------------------------------------------------------------------------------------

local header_bytes = 4  -- enough to see what it is, and fewer than any of them has
local body_bytes_max = 16384

local function magic_at(tvb, offset) return tvb:range(offset, 4):raw() end

-- "KM", taken for the length of a frame, would be too long, so that each says by itself what it is.
local function length_at(tvb, _, offset)
    if tvb:len() - offset < header_bytes then return tvb:len() - offset end
    local magic = magic_at(tvb, offset)
    if magic == "KMNP" then return 64 end
    if magic == "KMNX" then return 8 end
    local length = tvb:range(offset, 2):uint()
    if length > body_bytes_max then return tvb:len() - offset end  -- no frame; all of what is there
    return 3 + length + tag_bytes
end

local function dissect_unit(tvb, pinfo, tree)
    local item = tree:add(komainu, tvb:range())
    local text
    local magic = tvb:len() >= header_bytes and magic_at(tvb, 0) or ""
    if magic == "KMNP" then
        text = dissect_hello(tvb, item)
    elseif magic == "KMNX" then
        text = dissect_hello_refusal(tvb, item)
    elseif #magic == 0 or tvb:range(0, 2):uint() > body_bytes_max then
        item:add_proto_expert_info(no_frame)
        text = "no frame"
    else
        text = dissect_frame(tvb, item)
    end
    local before = tostring(pinfo.cols.info)  -- of this packet, said by what is behind the fence
    pinfo.cols.info:append(((before == "" or before == "(info)") and "" or "; ") .. text)
    pinfo.cols.info:fence()
    return tvb:len()
end

function stream.dissector(tvb, pinfo, tree)
    pinfo.cols.protocol:set("KOMAINU")
    pinfo.cols.info:set("")
    if tvb:len() < header_bytes and tvb:reported_len() > tvb:len() then
        tree:add(komainu, tvb:range()):add_proto_expert_info(cut_off)
        pinfo.cols.info:append("cut off by the capture")
        return tvb:len()
    end
    dissect_tcp_pdus(tvb, tree, header_bytes, length_at, dissect_unit)
    return tvb:len()
end

-- --- Where it is used -----------------------------------------------------------------------------

-- By the port of the preferences; on other ports by the magic, with which every datagram begins, and
-- every stream in both directions.
komainu:register_heuristic("udp", function(tvb, pinfo, tree)
    return komainu.dissector(tvb, pinfo, tree) > 0
end)

stream:register_heuristic("tcp", function(tvb, pinfo, tree)
    if tvb:len() < header_bytes then return false end
    local magic = magic_at(tvb, 0)
    if magic ~= "KMNP" and magic ~= "KMNX" then return false end
    pinfo.conversation = stream
    stream.dissector(tvb, pinfo, tree)
    return true
end)

local function use_port(port)
    if port_wanted ~= 0 then
        DissectorTable.get("udp.port"):remove(port_wanted, komainu)
        DissectorTable.get("tcp.port"):remove(port_wanted, stream)
    end
    port_wanted = port
    if port ~= 0 then
        DissectorTable.get("udp.port"):add(port, komainu)
        DissectorTable.get("tcp.port"):add(port, stream)
    end
end

function komainu.prefs_changed()
    if komainu.prefs.port ~= port_wanted then use_port(komainu.prefs.port) end
end

use_port(port_wanted)
