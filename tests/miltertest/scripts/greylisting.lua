-- Deferred at first, and deferred again; let in late, with one header that says so.

local function goes(why, what)
	assert(why == nil, what .. ": " .. tostring(why))
end

local function replied(conn, reply, what)
	local got = mt.getreply(conn)
	assert(got == reply, what .. ": reply " .. string.char(got))
end

local function begin(client)
	local conn = mt.connect(socket)
	assert(conn, "no connection")
	goes(mt.macro(conn, SMFIC_CONNECT, "j", "mx.example.org"), "macro")
	goes(mt.conninfo(conn, "mail.sender.example", client), "client")
	goes(mt.helo(conn, "mail.sender.example"), "HELO")
	return conn
end

local function mail(conn, sender, recipient)
	goes(mt.mailfrom(conn, sender), "MAIL")
	replied(conn, SMFIR_CONTINUE, "MAIL")
	goes(mt.rcptto(conn, recipient), "RCPT")
end

local function rest(conn)
	goes(mt.header(conn, "Subject", "hi"), "header")
	goes(mt.bodystring(conn, "hello\r\n"), "body")
	goes(mt.eom(conn), "end")
end

local conn = begin("198.18.50.1")
for _, round in ipairs({ "first try", "early" }) do
	mail(conn, "<a@sender.example>", "<b@example.org>")
	replied(conn, SMFIR_REPLYCODE, round)
	goes(mt.abort(conn), "abort")
end
mt.disconnect(conn)

mt.sleep(tonumber(delay) + 0.1)
conn = begin("198.18.50.1")
mail(conn, "<a@sender.example>", "<b@example.org>")
replied(conn, SMFIR_CONTINUE, "late")
rest(conn)
replied(conn, SMFIR_CONTINUE, "end of message")
assert(mt.eom_check(conn, MT_HDRADD, "X-Greylist"), "no header")
local header = mt.getheader(conn, "X-Greylist", 0)
assert(header:match("^Delayed for 00:00:0%d by greylag%-"), header)
assert(mt.getheader(conn, "X-Greylist", 1) == nil, "a second header")
for _, change in ipairs({ MT_BODYCHANGE, MT_HDRCHANGE, MT_HDRDELETE, MT_HDRINSERT }) do
	assert(not mt.eom_check(conn, change), "a change that nobody asked for")
end

-- The next message of the session, for somebody who is never greylisted.
mail(conn, "<c@sender.example>", "<friend@example.org>")
replied(conn, SMFIR_CONTINUE, "white-listed")
rest(conn)
replied(conn, SMFIR_CONTINUE, "its end")
mt.disconnect(conn)
