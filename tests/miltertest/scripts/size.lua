-- A rule about the size of the message refuses it at its end.

local function goes(why, what)
	assert(why == nil, what .. ": " .. tostring(why))
end

local conn = mt.connect(socket)
assert(conn, "no connection")
goes(mt.conninfo(conn, "mail.sender.example", "198.18.51.1"), "client")
for _, message in ipairs({ { size = 1000, reply = SMFIR_CONTINUE }, { size = 120000, reply = SMFIR_REPLYCODE } }) do
	goes(mt.mailfrom(conn, "<a@sender.example>"), "MAIL")
	goes(mt.rcptto(conn, "<friend@example.org>"), "RCPT")
	assert(mt.getreply(conn) == SMFIR_CONTINUE, "RCPT")
	goes(mt.header(conn, "Subject", "hi"), "header")
	goes(mt.bodyrandom(conn, message.size), "body")
	goes(mt.eom(conn), "end")
	assert(mt.getreply(conn) == message.reply, message.size .. " octets: reply " .. string.char(mt.getreply(conn)))
end
mt.disconnect(conn)
