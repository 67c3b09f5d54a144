#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or a name without a file when it begins with '@'. */
static socklen_t address_of(const char *name, struct sockaddr_un *out)
{
	size_t n = name != NULL ? strlen(name) : 0;

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n < 2 || n >= sizeof(out->sun_path) || (name[0] != '/' && name[0] != '@'))
		return 0;
	memcpy(out->sun_path, name, n);
	if (name[0] == '@')
		out->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void notify_manager(const char *state)
{
	struct sockaddr_un address;
	socklen_t n = address_of(getenv("NOTIFY_SOCKET"), &address);
	int fd = n > 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
	             (const struct sockaddr *)&address, n);
	(void)close(fd);
}
