#include "fake_spamd.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)1 << 20)
#define SILENT_MAX  16
#define PATIENCE_MS 5000

struct fake_spamd {
	int listener, stop[2];
	char port[8];
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	unsigned asked;
	char last[REQUEST_MAX + 1];
	int silent[SILENT_MAX]; /* connections that stay open; the thread's own */
	unsigned silent_count;
	char request[REQUEST_MAX + 1];
};

/* True: it is whole. A client that goes, or takes long, has none. */
static bool read_request(struct fake_spamd *f, int fd)
{
	size_t n = 0, want = REQUEST_MAX;

	while (n < want) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		const char *head, *length;
		ssize_t got = 0;

		if (poll(&p, 1, PATIENCE_MS) == 1)
			got = read(fd, f->request + n, REQUEST_MAX - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		f->request[n] = '\0';
		head = strstr(f->request, "\r\n\r\n");
		length = strstr(f->request, "Content-length: ");
		if (head != NULL && length != NULL)
			want = (size_t)(head + 4 - f->request) +
			       strtoul(length + strlen("Content-length: "), NULL, 10);
	}
	return true;
}

static void say(int fd, const char *text, size_t n)
{
	if (send(fd, text, n, MSG_NOSIGNAL) < 0)
		perror("fake_spamd");
}

static void say_score(struct fake_spamd *f, int fd, const char *word)
{
	bool headers = strncmp(f->request, "HEADERS", 7) == 0;
	double score = word[0] != '\0' ? strtod(word, NULL) : 1.5;
	bool spam = score >= 5.0, cut = strcmp(word, "cut") == 0;
	char text[1000], body[500] = "";
	const char *mail = strstr(f->request, "\r\n\r\n") + 4, *end = strstr(mail, "\r\n\r\n");
	size_t echoed = headers && end != NULL && !cut ? (size_t)(end + 2 - mail) : 0;
	int n;

	if (headers)
		(void)snprintf(body, sizeof(body),
		               "%sX-Spam-Status: %s, score=%.1f\n\ttests=FAKE%s\nSubject: %s\n",
		               spam ? "X-Spam-Flag: YES\n" : "", spam ? "Yes" : "No", score,
		               spam ? ",FAKE_SPAM" : "", spam ? "[SPAM] hi" : "hi");
	else if (strncmp(f->request, "SYMBOLS", 7) == 0)
		(void)snprintf(body, sizeof(body), "%s\r\n", spam ? "FAKE,FAKE_SPAM" : "FAKE");
	n = snprintf(text, sizeof(text),
	             "SPAMD/1.1 0 EX_OK\r\nContent-length: %zu\r\nSpam: %s ; %.1f / 5.0\r\n\r\n%s",
	             strlen(body) + echoed, spam ? "True" : "False", score, body);
	say(fd, text, (size_t)(cut ? n - 4 : n));
	if (echoed > 0)
		say(fd, mail, echoed);
}

/* True: the connection stays open. */
static bool answer(struct fake_spamd *f, int fd)
{
	const char *header = strstr(f->request, "\r\nX-Fake: ");
	char word[32] = "";

	if (header != NULL)
		(void)sscanf(header + strlen("\r\nX-Fake: "), "%31s", word);
	if (strcmp(word, "silent") == 0)
		return true;
	if (strcmp(word, "garbage") == 0)
		say(fd, "\001\002\r\n", 4);
	else if (strcmp(word, "busy") == 0)
		say(fd, "SPAMD/1.0 75 EX_TEMPFAIL\r\n\r\n", 28);
	else
		say_score(f, fd, word);
	return false;
}

static void serve(struct fake_spamd *f, int fd)
{
	bool stays = false;

	if (read_request(f, fd)) {
		(void)pthread_mutex_lock(&f->lock);
		f->asked++;
		memcpy(f->last, f->request, sizeof(f->last));
		(void)pthread_mutex_unlock(&f->lock);
		stays = answer(f, fd) && f->silent_count < SILENT_MAX;
	}
	if (stays)
		f->silent[f->silent_count++] = fd;
	else
		(void)close(fd);
}

static void *run(void *arg)
{
	struct fake_spamd *f = arg;
	struct pollfd p[2] = { { .fd = f->listener, .events = POLLIN }, { .fd = f->stop[0] } };

	while (poll(p, 2, -1) >= 0 && p[1].revents == 0) {
		int fd = accept(f->listener, NULL, NULL);

		if (fd >= 0)
			serve(f, fd);
	}
	for (unsigned i = 0; i < f->silent_count; i++)
		(void)close(f->silent[i]);
	return NULL;
}

struct fake_spamd *fake_spamd_new(void)
{
	struct fake_spamd *f = calloc(1, sizeof(*f));
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	if (f == NULL || pipe(f->stop) != 0)
		abort();
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(f->listener, 16) != 0 ||
	    getsockname(f->listener, (struct sockaddr *)&at, &n) != 0)
		abort();
	(void)snprintf(f->port, sizeof(f->port), "%u", ntohs(at.sin_port));
	(void)pthread_mutex_init(&f->lock, NULL);
	if (pthread_create(&f->thread, NULL, run, f) != 0)
		abort();
	return f;
}

void fake_spamd_free(struct fake_spamd **fake)
{
	struct fake_spamd *f = *fake;

	if (f == NULL)
		return;
	*fake = NULL;
	(void)close(f->stop[1]);
	(void)pthread_join(f->thread, NULL);
	(void)close(f->stop[0]);
	(void)close(f->listener);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

const char *fake_spamd_port(const struct fake_spamd *f)
{
	return f->port;
}

unsigned fake_spamd_asked(struct fake_spamd *f)
{
	unsigned n;

	(void)pthread_mutex_lock(&f->lock);
	n = f->asked;
	(void)pthread_mutex_unlock(&f->lock);
	return n;
}

bool fake_spamd_got(struct fake_spamd *f, const char *text)
{
	bool got;

	(void)pthread_mutex_lock(&f->lock);
	got = strstr(f->last, text) != NULL;
	(void)pthread_mutex_unlock(&f->lock);
	return got;
}
