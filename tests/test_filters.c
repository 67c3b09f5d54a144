/* The milter door with child milters behind it: an MTA in front, scripted children behind. */
#include "conf_text.h"
#include "dns/resolver.h"
#include "fake_child.h"
#include "fake_dns.h"
#include "fake_spamd.h"
#include "milter/door.h"
#include "net/loop.h"
#include "util/mem.h"

#define KIDS 2u

static struct resolver *resolver; /* of the workers that begin now; or NULL */
static unsigned workers = 1;

struct rig {
	char folder[FOLDER_MAX];
	struct loop *loop;
	struct worker *worker;
	struct conf *conf;
	struct fake_child kid[KIDS];
	int fd; /* the MTA */
	struct buf in, heard;
};

/* %a and %b in the text are the children's sockets. */
static struct conf *conf_with(const struct rig *r, const char *text)
{
	struct buf whole = buf_of(ROOM);
	struct conf *c;

	for (const char *at = text; *at != '\0'; at++) {
		if (at[0] == '%' && (at[1] == 'a' || at[1] == 'b'))
			assert_int_equal(
				buf_printf(&whole, "\"unix:%s\"", r->kid[*++at - 'a'].path), ST_OK);
		else
			assert_int_equal(buf_byte(&whole, *at), ST_OK);
	}
	c = conf_of_text(buf_text(&whole));
	buf_free(&whole);
	return c;
}

static void rig_begin(struct rig *r, const char *text)
{
	struct worker_parts parts = { .door = { [WORKER_MILTER] = &milter_door } };
	int fd[2];

	*r = (struct rig){ .loop = loop_new_fake(1795319831),
		           .in = buf_of(ROOM),
		           .heard = buf_of(ROOM) };
	folder_new(r->folder);
	fake_begin(&r->kid[0], r->folder, "a");
	fake_begin(&r->kid[1], r->folder, "b");
	r->conf = conf_with(r, text);
	parts.conf = r->conf;
	parts.resolver = resolver;
	parts.loop = r->loop;
	parts.count = workers;
	r->worker = worker_new(&parts);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	r->fd = fd[1];
	milter_door.serve(r->worker, fd[0]);
}

static void hear(struct rig *r)
{
	static char space[1 << 16];
	struct milter_packet packet;
	ssize_t n;
	size_t used;

	while (r->fd >= 0 && (n = read(r->fd, space, sizeof(space))) > 0)
		assert_int_equal(buf_append(&r->in, (struct view){ space, (size_t)n }), ST_OK);
	while (milter_scan(buf_view(&r->in), MILTER_DATA_MAX, &packet, &used) == ST_OK) {
		struct milter_reply reply;

		if (packet.letter != 'O') {
			assert_int_equal(milter_reply_read(&packet, &reply), ST_OK);
			assert_int_equal(buf_printf(&r->heard, "%s%c%.*s%s%.*s%.*s%.*s%.*s",
			                            r->heard.n > 0 ? " " : "", packet.letter,
			                            VIEW_ARG(reply.name),
			                            reply.name.n > 0 ? "=" : "",
			                            VIEW_ARG(reply.value), VIEW_ARG(reply.address),
			                            VIEW_ARG(reply.text), VIEW_ARG(reply.body)),
			                 ST_OK);
		}
		buf_drop(&r->in, used);
	}
}

static void turns(struct rig *r)
{
	for (unsigned i = 0; i < 40; i++) {
		loop_turn(r->loop, false);
		for (size_t k = 0; k < KIDS; k++)
			fake_turn(&r->kid[k]);
		hear(r);
	}
}

static void rig_end(struct rig *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	turns(r);
	if (r->worker->open == 0)
		assert_int_equal(r->worker->load->content, 0);
	worker_free(&r->worker);
	for (size_t i = 0; i < KIDS; i++)
		fake_end(&r->kid[i]);
	conf_unref(&r->conf);
	buf_free(&r->in);
	buf_free(&r->heard);
	loop_free(&r->loop);
	folder_free(r->folder);
}

static void put(struct rig *r, const struct milter_command *m)
{
	struct buf out = buf_of(ROOM);

	assert_int_equal(milter_put_command(&out, m), ST_OK);
	assert_int_equal(send(r->fd, out.p, out.n, MSG_NOSIGNAL), out.n);
	buf_free(&out);
	turns(r);
}

static void macros(struct rig *r, char command, struct view pairs)
{
	put(r, &(struct milter_command){ .kind = MILTER_MACRO,
	                                 .macros = { command, { .packed = pairs, .count = 2 } } });
}

/* O C H M R T L N B E A Q U, with a text. */
static void say(struct rig *r, const char *line)
{
	struct milter_command m = { .kind = (enum milter_command_kind)line[0] };
	struct view text = view_of(line + 1);

	switch (line[0]) {
	case 'O': m.offer = (struct milter_offer){ 6, 0x1ff, 0x1fffff }; break;
	case 'C':
		m.connect = (struct milter_connect){
			VIEW("client.example"), MILTER_IPV4, 25, text, { .family = IP_NONE }
		};
		break;
	case 'H':
	case 'U': m.text = text; break;
	case 'M':
	case 'R': m.envelope.address = text; break;
	case 'L':
		m.header = (struct milter_header){ view_first(text, 1), view_from(text, 2) };
		break;
	case 'B': m.body = text; break;
	default: break;
	}
	put(r, &m);
}

/* Lines with blanks between; what the MTA hears. */
static const char *play(struct rig *r, const char *lines)
{
	struct view rest = view_of(lines), line;

	buf_clear(&r->heard);
	while (view_next(&rest, ' ', &line)) {
		size_t before = r->heard.n;
		char one[200];

		(void)snprintf(one, sizeof(one), "%.*s", VIEW_ARG(line));
		say(r, one);
		if (strchr("CHMRTE", one[0]) != NULL && r->heard.n == before)
			break; /* an MTA waits for its answer */
	}
	return buf_text(&r->heard);
}

#define BEGIN   "O C192.0.2.1 Hx M<s@e>"
#define SESSION BEGIN " R<r@e> T LS=1 Bb E"
#define RULES   "report none\nracl blacklist rcpt /bad/\nracl whitelist default\n"

static const struct {
	const char *name, *conf, *rules; /* "a:X:answer b:..." */
	const char *lines, *heard;
} cases[] = {
	{ "one child, content", RULES "milter \"a\" { socket %a }\n", "", SESSION, "c c c c c c" },
	{ "it changes the message", RULES "milter \"a\" { socket %a }\n", "a:E:hX|1|;bnew;+<n>|;c",
	  SESSION, "c c c c c hX= 1 +<n> bnew c" },
	{ "our header stands behind its",
	  "racl whitelist default addheader \"X-Us: 2\"\nreport none\n"
	  "milter \"a\" { socket %a }\n",
	  "a:E:hX|1|;c", SESSION, "c c c c c hX= 1 hX-Us= 2 c" },
	{ "it refuses at the end", RULES "milter \"a\" { socket %a }\n", "a:E:y550_x|", SESSION,
	  "c c c c c y550 x" },
	{ "it refuses the client, in its own words", RULES "milter \"a\" { socket %a }\n",
	  "a:C:y550_x|", "O C192.0.2.1 Hx M<s@e>", "c y550 x y550 x" },
	{ "it refuses a recipient", RULES "milter \"a\" { socket %a }\n", "a:R:r/c",
	  BEGIN " R<1@e> R<2@e> T E", "c c c r c c c" },
	{ "discarded", RULES "milter \"a\" { socket %a }\n", "a:T:d", BEGIN " R<1@e> T",
	  "c c c c d" },
	{ "our rules come first", RULES "milter \"a\" { socket %a }\n", "a:R:t",
	  BEGIN " R<bad@e> R<1@e>", "c c c yX t" },
	{ "the condition does not hold", RULES "milter \"a\" { socket %a; when addr 10.0.0.0/8 }\n",
	  "a:C:r", SESSION, "c c c c c c" },
	{ "it holds for a sender", RULES "milter \"a\" { socket %a; when from /s@e/ }\n", "a:M:r",
	  BEGIN " M<t@e>", "c c r c" },
	{ "it holds for a recipient", RULES "milter \"a\" { socket %a; when rcpt /two/ }\n",
	  "a:R:r", BEGIN " R<1@e> R<two@e>", "c c c c r" },
	{ "it holds for the message", RULES "milter \"a\" { socket %a; when header /^S:/ }\n",
	  "a:E:r", SESSION, "c c c c c r" },
	{ "what another would have done",
	  RULES "milter \"a\" { socket %a; evaluation yes }\n"
	        "milter \"b\" { socket %b; when milter \"a\" reject }\n",
	  "a:E:r b:E:y550_b|", SESSION, "c c c c c y550 b" },
	{ "what another would not have done",
	  RULES "milter \"a\" { socket %a; evaluation yes }\n"
	        "milter \"b\" { socket %b; when milter \"a\" reject }\n",
	  "b:E:y550_b|", SESSION, "c c c c c c" },
	{ "a rule looks at what it said",
	  RULES "milter \"a\" { socket %a; evaluation yes }\n"
	        "dacl blacklist milter \"a\" reject msg \"us\"\n",
	  "a:E:r", SESSION, "c c c c c yX" },
	{ "UNKNOWN, and what follows", RULES "milter \"a\" { socket %a }\n", "a:U:r",
	  BEGIN " Ux R<1@e>", "c c c r c" },
	{ "its fallback", RULES "milter \"a\" { socket %a; fallback tempfail }\n", "a:M:!",
	  BEGIN " R<1@e>", "c c t t" },
	{ "two messages", RULES "milter \"a\" { socket %a }\n", "a:E:hX|1|;c/c",
	  SESSION " A M<s@e> R<r@e> T LS=1 E A Q", "c c c c c hX= 1 c c c c c" },
};

static const char *spaced(char *text)
{
	for (char *at = text; *at != '\0'; at++)
		if (*at == '_')
			*at = ' ';
	return text;
}

static void add_rules(struct rig *r, char *rules)
{
	char *save = NULL;

	for (char *one = strtok_r(rules, " ", &save); one != NULL; one = strtok_r(NULL, " ", &save))
		fake_says(&r->kid[one[0] - 'a'], one[2], spaced(one + 4));
}

/* A text of ours is not what this is about. */
static const char *shorten(char *heard)
{
	char *at = strstr(heard, "y5");

	if (at != NULL && (strstr(at, "us") != NULL || strstr(at, "5.7.1") != NULL)) {
		char *end = strstr(at, " t");

		at[1] = 'X';
		memmove(at + 2, end != NULL ? end : "", end != NULL ? strlen(end) + 1 : 1);
	}
	return heard;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char rules[200], heard[500];
		struct rig r;

		print_message("%s\n", cases[i].name);
		rig_begin(&r, cases[i].conf);
		(void)snprintf(rules, sizeof(rules), "%s", cases[i].rules);
		add_rules(&r, rules);
		(void)snprintf(heard, sizeof(heard), "%s", play(&r, cases[i].lines));
		assert_string_equal(shorten(heard), cases[i].heard);
		rig_end(&r);
	}
}

static void test_what_it_sees(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, RULES
	          "milter \"a\" { socket %a }\nmilter \"b\" { socket %b; when from /none/ }\n");
	fake_says(&r.kid[0], 'C', "p;c");
	say(&r, "O");
	macros(&r, 'C', (struct view){ "v\0Postfix 3\0", 12 });
	(void)play(&r, "C192.0.2.1 Hx M<s@e>");
	macros(&r, 'R', (struct view){ "{rcpt_mailer}\0error\0", 20 });
	(void)play(&r, "R<no@e>");
	macros(&r, 'R', (struct view){ "i\0Q\0", 4 });
	(void)play(&r, "R<r@e> T LS=1 Bb E A Q");
	assert_string_equal(buf_text(&r.kid[0].seen),
	                    "O DC,v,Postfix 3 Cclient.example Hx M<s@e> DR,i,Q R<r@e> T LS=1 N "
	                    "Bb E Q");
	assert_int_equal(r.kid[1].connections, 0);
	rig_end(&r);
}

static void test_macros(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r,
	          RULES "milter \"a\" { socket %a; macro \"{who}\" \"%i\" when addr 192.0.2.0/24\n"
	                "macro \"{not}\" \"x\" when addr 10.0.0.0/8\n"
	                "macro \"i\" \"own-%f\" when from /s@e/\n"
	                "macro \"{rcpt}\" \"%r\" when rcpt /two/ }\n");
	say(&r, "O");
	macros(&r, 'C', (struct view){ "j\0mx\0", 5 });
	(void)play(&r, "C192.0.2.1 Hx");
	macros(&r, 'M', (struct view){ "i\0Q\0", 4 });
	(void)play(&r, "M<s@e> R<one@e> R<two@e>");
	assert_string_equal(buf_text(&r.kid[0].seen),
	                    "O DC,j,mx,{who},192.0.2.1 Cclient.example Hx DM,i,own-s@e M<s@e> "
	                    "R<one@e> DR,{rcpt},two@e R<two@e>");
	rig_end(&r);
}

/* As the shipped conditions have it, from the second session on. */
static void test_stress(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, RULES "stress 2\ncondition \"No Stress\" not stress\n"
	                    "condition \"Stress Notify\" stress\n"
	                    "milter \"a\" { socket %a; when condition \"No Stress\" }\n"
	                    "milter \"b\" { socket %b; macro \"{stress}\" \"yes\" when condition "
	                    "\"Stress Notify\" }\n");
	(void)play(&r, "O C192.0.2.1 Hx");
	assert_string_equal(buf_text(&r.kid[0].seen), "O Cclient.example Hx");
	assert_string_equal(buf_text(&r.kid[1].seen), "O Cclient.example Hx");
	atomic_store(&r.worker->load->sessions, 2);
	(void)play(&r, "C192.0.2.2 Hy");
	assert_string_equal(buf_text(&r.kid[0].seen), "O Cclient.example Hx Q");
	assert_non_null(strstr(buf_text(&r.kid[1].seen), " DC,{stress},yes Cclient.example Hy"));
	atomic_store(&r.worker->load->sessions, 1);
	rig_end(&r);
}

/* Others have a say in it: until the MTA has heard this, or for three seconds. */
static const char *hear_at_last(struct rig *r, const char *text)
{
	for (unsigned i = 0; i < 300 && strcmp(buf_text(&r->heard), text) != 0; i++) {
		(void)usleep(10000);
		turns(r);
	}
	return buf_text(&r->heard);
}

/* Told at the end, with `when`, or not at all; scanned once, by whoever asks. */
static void test_score(void **state)
{
	struct fake_spamd *spamd = fake_spamd_new();
	char conf[1000];
	struct rig r;

	(void)state;
	(void)snprintf(conf, sizeof(conf),
	               "report none\nracl whitelist default\n"
	               "dacl blacklist spamd > 8 msg \"us\"\n"
	               "dacl continue spamd > 2 addheader \"X-Us: %%Hs\"\n"
	               "spamdsock inet \"127.0.0.1:%s\"\n"
	               "milter \"a\" { socket %%a; macro \"{spamd_score}\" \"%%Hs\" }\n"
	               "milter \"b\" { socket %%b; macro \"{bad}\" \"yes\" when spamd > 7\n"
	               "macro \"{worse}\" \"%%Hs\" when spamd > 9 }\n",
	               fake_spamd_port(spamd));
	rig_begin(&r, conf);
	say(&r, "O");
	(void)play(&r, BEGIN " R<r@e> T");
	put(&r, &(struct milter_command){ .kind = MILTER_HEADER,
	                                  .header = { VIEW("X-Fake"), VIEW(" 7.5") } });
	buf_clear(&r.heard);
	say(&r, "E");
	assert_string_equal(hear_at_last(&r, "hX-Us= 7.5 c"), "hX-Us= 7.5 c");
	assert_int_equal(fake_spamd_asked(spamd), 1);
	assert_non_null(strstr(buf_text(&r.kid[0].seen), "DE,{spamd_score},7.5 E"));
	assert_non_null(strstr(buf_text(&r.kid[1].seen), "DE,{bad},yes E"));
	/* The next message has its own. */
	(void)play(&r, "M<s@e> R<r@e> T");
	buf_clear(&r.heard);
	say(&r, "E");
	assert_string_equal(hear_at_last(&r, "c"), "c");
	assert_int_equal(fake_spamd_asked(spamd), 2);
	assert_non_null(strstr(buf_text(&r.kid[0].seen), "DE,{spamd_score},1.5 E"));
	rig_end(&r);
	fake_spamd_free(&spamd);
}

/* A child that sees the message by its content is told late, but of each recipient its own; and
 * what it is told at the end is looked up for it alone. */
static void test_late(void **state)
{
	struct fake_spamd *spamd = fake_spamd_new();
	char conf[1000];
	struct rig r;

	(void)state;
	(void)snprintf(conf, sizeof(conf),
	               RULES "spamdsock inet \"127.0.0.1:%s\"\n"
	                     "milter \"a\" { socket %%a; when header /^S: 1/\n"
	                     "macro \"{rcpt}\" \"%%r\"; macro \"{score}\" \"%%Hs\" }\n",
	               fake_spamd_port(spamd));
	rig_begin(&r, conf);
	say(&r, "O");
	(void)play(&r, BEGIN " R<one@e> R<two@e> T");
	put(&r,
	    &(struct milter_command){ .kind = MILTER_HEADER, .header = { VIEW("S"), VIEW(" 2") } });
	buf_clear(&r.heard);
	say(&r, "E");
	assert_string_equal(hear_at_last(&r, "c"), "c");
	assert_int_equal(r.kid[0].connections, 0);
	assert_int_equal(fake_spamd_asked(spamd), 0);
	(void)play(&r, "M<s@e> R<one@e> R<two@e> T");
	put(&r,
	    &(struct milter_command){ .kind = MILTER_HEADER, .header = { VIEW("S"), VIEW(" 1") } });
	buf_clear(&r.heard);
	say(&r, "E");
	assert_string_equal(hear_at_last(&r, "c"), "c");
	assert_int_equal(fake_spamd_asked(spamd), 1);
	assert_non_null(strstr(buf_text(&r.kid[0].seen),
	                       " DR,{rcpt},one@e R<one@e> DR,{rcpt},two@e R<two@e> T "));
	assert_non_null(strstr(buf_text(&r.kid[0].seen), " DE,{score},1.5 E"));
	rig_end(&r);
	fake_spamd_free(&spamd);
}

/* Nobody but a child wants it, and it is told with MAIL, from where it is known. */
static void test_spf(void **state)
{
	struct fake_dns *dns = fake_dns_new("e.example TXT \"v=spf1 ip4:192.0.2.1 -all\"\n");
	const char *forward = fake_dns_forward(dns);
	const struct resolver_options options = { .forward = &forward, .forwards = 1 };
	struct diag why;
	struct rig r;

	(void)state;
	assert_int_equal(resolver_new(&options, NULL, &resolver, &why), ST_OK);
	rig_begin(&r, RULES "nospf\nmilter \"a\" { socket %a; macro \"{spf}\" \"%Qs\"\n"
	                    "macro \"{passed}\" \"%f\" when spf pass }\n");
	say(&r, "O");
	(void)play(&r, "C192.0.2.1 Hx");
	buf_clear(&r.heard);
	say(&r, "M<s@e.example>");
	assert_string_equal(hear_at_last(&r, "c"), "c");
	assert_string_equal(
		buf_text(&r.kid[0].seen),
		"O Cclient.example Hx DM,{spf},pass,{passed},s@e.example M<s@e.example>");
	buf_clear(&r.heard);
	say(&r, "M<s@other.example>");
	assert_string_equal(hear_at_last(&r, "c"), "c");
	assert_non_null(strstr(buf_text(&r.kid[0].seen), " DM,{spf},none M<s@other.example>"));
	rig_end(&r);
	resolver_free(&resolver);
	fake_dns_free(&dns);
}

/* The MTA hangs up while it is looked up. */
static void test_gone_before_it_is_known(void **state)
{
	struct fake_spamd *spamd = fake_spamd_new();
	char conf[500];

	(void)state;
	(void)snprintf(conf, sizeof(conf),
	               RULES "spamdsock inet \"127.0.0.1:%s\"\n"
	                     "milter \"a\" { socket %%a; macro \"{spamd_score}\" \"%%Hs\" }\n",
	               fake_spamd_port(spamd));
	for (unsigned how = 0; how < 3; how++) {
		struct rig r;

		rig_begin(&r, conf);
		(void)play(&r, BEGIN " R<r@e> T");
		put(&r, &(struct milter_command){ .kind = MILTER_HEADER,
		                                  .header = { VIEW("X-Fake"), VIEW(" silent") } });
		say(&r, "E");
		if (how == 0) {
			say(&r, "A");
			say(&r, "Q");
		} else if (how == 1) {
			(void)close(r.fd);
			r.fd = -1;
		} else {
			milter_door.leave(r.worker);
			for (unsigned n = 0; n < 30; n++) {
				loop_advance(r.loop, 1000);
				turns(&r);
			}
		}
		turns(&r);
		assert_int_equal(r.worker->open, 0);
		rig_end(&r);
	}
	fake_spamd_free(&spamd);
}

/* The MTA hangs up, or gives up, while a child is silent at this letter. */
static void test_gone(void **state)
{
	static const char stages[] = "OCHMRTLNBE";

	(void)state;
	for (size_t i = 0; stages[i] != '\0'; i++) {
		for (unsigned how = 0; how < 3; how++) {
			struct rig r;

			rig_begin(&r, RULES "milter \"a\" { socket %a }\n");
			fake_says(&r.kid[0], stages[i], "");
			(void)play(&r, SESSION);
			if (how == 0) {
				say(&r, "A");
				say(&r, "Q");
			} else if (how == 1) {
				(void)close(r.fd);
				r.fd = -1;
			} else {
				milter_door.leave(r.worker);
				for (unsigned n = 0; n < 30; n++) {
					loop_advance(r.loop, 1000);
					turns(&r);
				}
			}
			turns(&r);
			assert_int_equal(r.worker->open, 0);
			rig_end(&r);
		}
	}
}

/* What it wished for is asked of the MTA from the next session on. */
static void test_wishes(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, RULES "milter \"a\" { socket %a }\n");
	r.kid[0].actions = MILTER_MAY_ADD_HEADERS;
	fake_says(&r.kid[0], 'E', "hX|1|;c");
	assert_string_equal(play(&r, SESSION), "c c c c c hX= 1 c");
	rig_end(&r);
}

static void again(struct rig *r)
{
	int fd[2];

	(void)close(r->fd);
	turns(r);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	r->fd = fd[1];
	buf_clear(&r->heard);
	buf_clear(&r->kid[0].seen);
	milter_door.serve(r->worker, fd[0]);
}

/* Nor does the MTA wait for what no child would say, or tell what none wants. What one says there
 * all the same counts for what comes next. */
static void test_silent_steps(void **state)
{
	static const char *const lines[] = { "O", "C192.0.2.1", "Hx", "M<s@e>", "R<r@e>" };
	struct rig r;

	(void)state;
	rig_begin(&r, RULES "milter \"a\" { socket %a }\n");
	r.kid[0].steps = MILTER_NO_CONNECT | MILTER_NR_HELO | MILTER_NO_MAIL | MILTER_NO_DATA;
	assert_string_equal(play(&r, SESSION), "c c c c c c");
	again(&r);
	for (size_t i = 0; i < COUNT(lines); i++)
		say(&r, lines[i]);
	say(&r, "E");
	assert_string_equal(buf_text(&r.heard), "c c");
	assert_string_equal(buf_text(&r.kid[0].seen), "O Hx R<r@e> N E");
	again(&r);
	r.kid[0].steps = 0;
	fake_says(&r.kid[0], 'M', "y550 m|");
	for (size_t i = 0; i < COUNT(lines); i++)
		say(&r, lines[i]);
	assert_string_equal(buf_text(&r.heard), "y550 m");
	rig_end(&r);
}

static void reload(struct rig *r, const char *text)
{
	conf_unref(&r->worker->conf);
	r->worker->conf = conf_with(r, text);
}

/* Who is asked about the session sees its messages whole, whatever the new configuration wants. */
static void test_reload(void **state)
{
	struct rig r;

	(void)state;
	rig_begin(&r, RULES "milter \"a\" { socket %a }\n");
	(void)play(&r, "O C192.0.2.1 Hx");
	reload(&r, "report none\nracl whitelist default maxpeek 1\n"
	           "dacl continue rcpt /./ subjtag \"x\"\n");
	assert_string_equal(play(&r, "M<s@e> R<r@e> T LS=1 Bbody E Q"), "c c c c");
	assert_string_equal(buf_text(&r.kid[0].seen),
	                    "O Cclient.example Hx M<s@e> R<r@e> T LS=1 N Bbody E Q");
	rig_end(&r);
}

/* Nobody is shown an empty mail where the MTA was not asked for any. */
static void test_reload_before_the_client(void **state)
{
	static const char *const lines[] = {
		"C192.0.2.1", "Hx", "M<s@e>", "R<r@e>", "T", "E", "Q"
	};
	struct rig r;

	(void)state;
	rig_begin(&r, RULES);
	say(&r, "O");
	reload(&r, RULES "milter \"a\" { socket %a; fallback tempfail }\n");
	for (size_t i = 0; i < COUNT(lines); i++)
		say(&r, lines[i]);
	assert_string_equal(buf_text(&r.heard), "c c t");
	assert_string_equal(buf_text(&r.kid[0].seen), "O Cclient.example Hx M<s@e> R<r@e> T A Q");
	rig_end(&r);
}

/* What fits into the memory by an octet has room for a header of the child's. */
static void test_room_for_changes(void **state)
{
	char body[900] = "B";
	unsigned seen = 0;

	(void)state;
	memset(body + 1, 'x', sizeof(body) - 2);
	for (size_t n = 1; n < sizeof(body); n += 7) {
		struct rig r;
		char line[sizeof(body)];

		memcpy(line, body, n);
		line[n] = '\0';
		rig_begin(&r, RULES "max_message_memory 800\nworkers 1\n"
		                    "milter \"a\" { socket %a; fallback tempfail }\n");
		fake_says(&r.kid[0], 'E', "hX|123456789|;c");
		(void)play(&r, BEGIN " R<r@e> T LS=1");
		if (n > 1)
			say(&r, line);
		say(&r, "E");
		seen += strstr(buf_text(&r.kid[0].seen), " E") != NULL;
		assert_string_equal(strrchr(buf_text(&r.heard), ' '),
		                    strstr(buf_text(&r.kid[0].seen), " E") != NULL ? " c" : " t");
		rig_end(&r);
	}
	assert_in_range(seen, 1, sizeof(body) / 7 - 1);
}

/* The memory for messages is not cut into the workers' parts. */
static void test_room_of_many_workers(void **state)
{
	char body[60] = "B";
	struct rig r;

	(void)state;
	memset(body + 1, 'x', sizeof(body) - 2);
	workers = 64;
	rig_begin(&r, RULES "max_message_memory 2000\n"
	                    "milter \"a\" { socket %a; fallback tempfail }\n");
	workers = 1;
	(void)play(&r, BEGIN " R<r@e> T LS=1");
	say(&r, body);
	say(&r, "E");
	assert_non_null(strstr(buf_text(&r.kid[0].seen), " E"));
	rig_end(&r);
}

static const struct {
	enum milter_family family;
	const char *address, *told;
} clients[] = {
	{ MILTER_IPV4, "192.0.2.1", "4 25 192.0.2.1" },
	{ MILTER_IPV6, "2001:db8::1", "6 25 2001:db8::1" },
	{ MILTER_IPV6, "IPv6:2001:db8:0:0:0:0:0:1", "6 25 IPv6:2001:db8:0:0:0:0:0:1" },
	{ MILTER_LOCAL, "/run/x", "L 25 /run/x" },
	{ MILTER_UNKNOWN_FAMILY, "", "U 0 " },
	/* Postfix has these, and libmilter would hang up. */
	{ MILTER_IPV4, "unknown", "U 0 " },
	{ MILTER_IPV6, "unknown", "U 0 " },
	{ MILTER_IPV4, "", "U 0 " },
};

static void test_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(clients); i++) {
		struct milter_command m = { .kind = MILTER_CONNECT };
		struct rig r;

		m.connect.host = VIEW("client.example");
		m.connect.family = clients[i].family;
		m.connect.port = 25;
		m.connect.address = view_of(clients[i].address);
		rig_begin(&r, RULES "milter \"a\" { socket %a; fallback tempfail }\n");
		say(&r, "O");
		put(&r, &m);
		assert_string_equal(buf_text(&r.heard), "c");
		assert_string_equal(r.kid[0].client, clients[i].told);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_what_it_sees),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_silent_steps),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_before_the_client),
		cmocka_unit_test(test_room_for_changes),
		cmocka_unit_test(test_room_of_many_workers),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_stress),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_spf),
		cmocka_unit_test(test_gone_before_it_is_known),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
