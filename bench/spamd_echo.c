/* A spamd that reads the whole mail and has its answer at once; a thread a connection.
 *
 *   spamd_echo -u PATH
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "util/view.h"

#define PIECE      65536
#define STACK_SIZE ((size_t)256 << 10)

#define HEADERS                                                                                    \
	"X-Spam-Checker-Version: SpamAssassin 4.0.0\r\nX-Spam-Level: *\r\n"                        \
	"X-Spam-Status: No, score=1.5 required=5.0 tests=NONE\r\n\r\n"

/* The mail ends where the client ends its half of the connection. */
static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char octets[PIECE], command[8] = "", answer[600];
	ssize_t n;
	int length;

	while ((n = recv(fd, octets, sizeof(octets), 0)) > 0)
		if (command[0] == '\0')
			memcpy(command, octets, n < 7 ? (size_t)n : 7);
	length = snprintf(answer, sizeof(answer),
	                  "SPAMD/1.1 0 EX_OK\r\nContent-length: %zu\r\n"
	                  "Spam: False ; 1.5 / 5.0\r\n\r\n%s",
	                  memcmp(command, "HEADERS", 7) == 0 ? sizeof(HEADERS) - 1 : (size_t)0,
	                  memcmp(command, "HEADERS", 7) == 0 ? HEADERS : "");
	(void)send(fd, answer, (size_t)length, MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	pthread_attr_t small;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 3 || strcmp(argv[1], "-u") != 0 || strlen(argv[2]) >= sizeof(here.sun_path)) {
		(void)fputs("usage: spamd_echo -u PATH\n", stderr);
		return EX_USAGE;
	}
	memcpy(here.sun_path, argv[2], strlen(argv[2]) + 1);
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(listener, SOMAXCONN) != 0) {
		perror("spamd_echo");
		return EX_OSERR;
	}
	(void)pthread_attr_init(&small);
	(void)pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&small, STACK_SIZE);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (fd >= 0 && pthread_create(&thread, &small, serve, (void *)(intptr_t)fd) != 0)
			(void)close(fd);
	}
}
