-- miltertest tells no error's text by itself.
local fine, why = pcall(dofile, script)
if not fine then
	mt.echo(tostring(why))
	error(why)
end
