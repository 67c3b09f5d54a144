-- What greylagd agrees on, with MTAs of several versions.

local function negotiate(version, actions, steps)
	local conn = mt.connect(socket)
	assert(conn, "no connection")
	local why = mt.negotiate(conn, version, actions, steps)
	assert(why == nil, why)
	return conn
end

-- The usual MTA: it may add a header and is spared what greylagd does not look at.
local conn = negotiate(nil, nil, nil)
assert(mt.test_action(conn, SMFIF_ADDHDRS), "no header may be added")
for _, action in ipairs({ SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT, SMFIF_QUARANTINE }) do
	assert(not mt.test_action(conn, action), "an action that is not needed: " .. action)
end
for _, step in ipairs({ SMFIP_NOEOH, SMFIP_NOUNKNOWN, SMFIP_NODATA }) do
	assert(mt.test_option(conn, step), "a step that is not needed: " .. step)
end
for _, step in ipairs({ SMFIP_NOCONNECT, SMFIP_NOHELO, SMFIP_NOMAIL, SMFIP_NORCPT, SMFIP_NOHDRS, SMFIP_NOBODY }) do
	assert(not mt.test_option(conn, step), "a step that is needed: " .. step)
end
mt.disconnect(conn)

-- Version 2 knows six steps and four actions.
conn = negotiate(2, 0x0f, 0x3f)
assert(mt.test_action(conn, SMFIF_ADDHDRS), "version 2: no header may be added")
assert(not mt.test_option(conn, SMFIP_NOUNKNOWN), "version 2: a step of later versions")
mt.disconnect(conn)
