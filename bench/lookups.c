/* Asks the DNS by dns_ask and nothing else, as many askers as there would be connections, each with
 * the questions of one decision, all at once; prints one line of JSON. See README.md.
 *
 *   lookups -r ADDRESS@PORT [-c ASKERS] [-n QUESTIONS] [-d SECONDS] [-P PAUSE-MS] [-K SET]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "dns/resolver.h"
#include "hist.h"
#include "util/mem.h"

#define ASKERS_MAX    2000
#define QUESTIONS_MAX 6 /* five lists and a TXT record, as bench/run_dns has rules for */
#define TIMEOUT_MS    10000
#define SECOND_NS     1000000000U

struct options {
	const char *server;
	unsigned askers, questions, pause_ms;
	double seconds;
	uint64_t set; /* so many senders and clients; 0: each one is new */
};

struct bench;

struct asker {
	struct bench *of;
	struct timer timer;
	uint64_t began_ns;
	unsigned open;
};

struct bench {
	const struct options *o;
	struct loop *loop;
	struct dns_port *port;
	struct asker *askers;
	unsigned busy;
	bool counting, ending;
	uint64_t serial, asked, failed;
	struct hist each, slowest; /* one question; the last of those that one asker asks */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static void begin(void *arg);

static void on_answer(void *arg, const struct dns_answer *answer)
{
	struct asker *a = arg;
	struct bench *b = a->of;
	uint64_t took = now_ns() - a->began_ns;

	b->failed += answer->status == DNS_FAILED || answer->status == DNS_TIMEOUT;
	if (b->counting)
		hist_add(&b->each, took);
	if (--a->open > 0)
		return;
	if (b->counting)
		hist_add(&b->slowest, took);
	b->busy--;
	if (b->ending && b->busy == 0)
		loop_stop(b->loop);
	else if (b->o->pause_ms > 0)
		timer_start(b->loop, &a->timer, b->o->pause_ms, begin, a);
	else
		begin(a);
}

static void ask(struct asker *a, unsigned which, uint64_t number)
{
	static const char *const zones[] = { "bl1", "bl2", "bl3", "bl4", "wl" };
	char name[80];

	if (which == QUESTIONS_MAX - 1)
		(void)snprintf(name, sizeof(name), "s%012llx.example.com",
		               (unsigned long long)number);
	else
		(void)snprintf(name, sizeof(name), "%u.%u.%u.14.%s.example", (unsigned)number & 255,
		               (unsigned)(number >> 8) & 255, (unsigned)(number >> 16) & 255,
		               zones[which]);
	(void)dns_ask(a->of->port, view_of(name), which == QUESTIONS_MAX - 1 ? DNS_TXT : DNS_A,
	              TIMEOUT_MS, on_answer, a);
}

static void begin(void *arg)
{
	struct asker *a = arg;
	struct bench *b = a->of;
	uint64_t number = b->serial++;

	if (b->ending)
		return;
	if (b->o->set > 0)
		number %= b->o->set;
	b->asked++;
	b->busy++;
	a->open = b->o->questions;
	a->began_ns = now_ns();
	for (unsigned i = 0; i < b->o->questions; i++)
		ask(a, i, number);
}

static void start_counting(void *arg)
{
	struct bench *b = arg;

	b->counting = true;
}

static void stop_counting(void *arg)
{
	struct bench *b = arg;

	b->counting = false;
	b->ending = true;
	if (b->busy == 0)
		loop_stop(b->loop);
}

static double cpu_seconds(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void print_times(const char *what, const struct hist *h)
{
	(void)printf(",\"%sp50_us\":%.1f,\"%sp99_us\":%.1f,\"%smax_us\":%.1f", what,
	             (double)hist_quantile(h, 500) / 1e3, what, (double)hist_quantile(h, 990) / 1e3,
	             what, (double)h->max / 1e3);
}

/* The whole set once, by a single asker. */
static void learn(struct bench *b)
{
	struct asker a = { .of = b };

	for (b->ending = true; b->serial < b->o->set; b->serial++) {
		a.open = b->o->questions;
		b->busy = 1;
		for (unsigned i = 0; i < b->o->questions; i++)
			ask(&a, i, b->serial);
		loop_run(b->loop);
	}
	b->ending = false;
}

/* The first tenth of the time is not counted: askers begin one after another. */
static void measure(struct bench *b)
{
	struct timer first = { .slot = 0 }, last = { .slot = 0 };
	uint64_t whole_ms = (uint64_t)(b->o->seconds * 1000);
	uint64_t warm_ms = whole_ms / 10 > b->o->pause_ms ? whole_ms / 10 : b->o->pause_ms;
	double cpu;

	learn(b);
	cpu = cpu_seconds();
	for (unsigned i = 0; i < b->o->askers; i++) {
		b->askers[i].of = b;
		timer_start(b->loop, &b->askers[i].timer,
		            (uint64_t)b->o->pause_ms * i / b->o->askers, begin, &b->askers[i]);
	}
	timer_start(b->loop, &first, warm_ms, start_counting, b);
	timer_start(b->loop, &last, warm_ms + whole_ms, stop_counting, b);
	loop_run(b->loop);
	for (unsigned i = 0; i < b->o->askers; i++)
		timer_stop(b->loop, &b->askers[i].timer);
	cpu = cpu_seconds() - cpu;
	(void)printf("{\"askers\":%u,\"questions\":%u,\"requests\":%llu,\"seconds\":%.3f,"
	             "\"per_second\":%.1f,\"cpu_us\":%.1f,\"failed\":%llu",
	             b->o->askers, b->o->questions, (unsigned long long)b->slowest.count,
	             b->o->seconds, (double)b->slowest.count / b->o->seconds,
	             b->asked > 0 ? cpu * 1e6 / (double)b->asked : 0.0,
	             (unsigned long long)b->failed);
	print_times("", &b->slowest);
	print_times("each_", &b->each);
	(void)printf("}\n");
}

static bool read_number(const char *text, uint64_t max, unsigned *out)
{
	uint64_t value;

	if (view_u64(view_of(text), max, &value) != ST_OK)
		return false;
	*out = (unsigned)value;
	return true;
}

static bool read_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'r': o->server = text; return true;
	case 'c': return read_number(text, ASKERS_MAX, &o->askers);
	case 'n': return read_number(text, QUESTIONS_MAX, &o->questions);
	case 'P': return read_number(text, 60000, &o->pause_ms);
	case 'd': o->seconds = strtod(text, NULL); return true;
	case 'K': return view_u64(view_of(text), UINT32_MAX, &o->set) == ST_OK;
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct options o = { .askers = 1, .questions = QUESTIONS_MAX, .seconds = 1 };
	struct bench *b = mem_new(struct bench);
	struct resolver_options where = { .forward = &o.server, .forwards = 1 };
	struct resolver *resolver;
	struct diag why = { .text = "" };
	bool ok = true;

	for (int c; ok && (c = getopt(argc, argv, "r:c:n:P:d:K:")) != -1;)
		ok = read_option(&o, c, optarg);
	if (!ok || o.server == NULL || o.askers == 0 || o.questions == 0 ||
	    !(o.seconds > 0 && o.seconds < 3600) || optind < argc) {
		(void)fputs(
			"usage: lookups -r ADDRESS@PORT [-c ASKERS] [-n QUESTIONS] [-d SECONDS]\n"
			"               [-P PAUSE-MS] [-K SET]\n",
			stderr);
		return EX_USAGE;
	}
	if (resolver_new(&where, NULL, &resolver, &why) != ST_OK) {
		(void)fprintf(stderr, "lookups: %s\n", why.text);
		return EX_UNAVAILABLE;
	}
	b->o = &o;
	b->loop = loop_new();
	b->port = dns_port_new(resolver, b->loop);
	b->askers = mem_array(o.askers, sizeof(*b->askers));
	b->serial = o.set > 0 ? 0 : (uint64_t)time(NULL) << 20;
	measure(b);
	dns_port_free(&b->port);
	loop_free(&b->loop);
	resolver_free(&resolver);
	mem_free(b->askers);
	mem_free(b);
	return EX_OK;
}
