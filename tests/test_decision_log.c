#include "session/decision_log.h"

#include <stdlib.h>

#include "conf/milter.h"
#include "conf_text.h"
#include "stderr_lines.h"

#define NOW INT64_C(1795319831)

#define WHO                                                                                        \
	", client_name=mx.example.net, client_address=203.0.113.9, sender=a@example.net, "         \
	"recipient=b@example.org\n"
#define OUR_WHO " client=203.0.113.9 name=mx.example.net from=<a@example.net> to=<b@example.org>"

static const struct row {
	const char *name;
	enum transaction_verdict verdict;
	enum transaction_reason reason;
	struct grey_decision grey;
	bool freed;
	enum question_stage stage;
	const char *queue_id;
	const char *postgrey;
	const char *greylag;
} rows[] = {
	{ "a rule about the client",
	  DO_PASS,
	  BY_RULE,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=pass, reason=client whitelist" WHO,
	  "do=pass why=rule" OUR_WHO "\n" },
	{ "auto-allowed",
	  DO_PASS,
	  BY_AUTO_ALLOW,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=pass, reason=client AWL" WHO,
	  "do=pass why=auto-allowed" OUR_WHO "\n" },
	{ "new",
	  DO_DEFER,
	  BY_TUPLE,
	  { .reason = GREY_NEW, .missing = 300, .next = { .first = NOW } },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=greylist, reason=new" WHO,
	  "do=defer why=new wait=300" OUR_WHO "\n" },
	{ "again in the same second is new, as Postgrey says",
	  DO_DEFER,
	  BY_TUPLE,
	  { .reason = GREY_EARLY, .missing = 300, .next = { .first = NOW } },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=greylist, reason=new" WHO,
	  "do=defer why=early-retry wait=300" OUR_WHO "\n" },
	{ "early",
	  DO_DEFER,
	  BY_TUPLE,
	  { .reason = GREY_EARLY, .missing = 2, .next = { .first = NOW - 298 } },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=greylist, reason=early-retry (2s missing)" WHO,
	  "do=defer why=early-retry wait=2" OUR_WHO "\n" },
	{ "from the future",
	  DO_DEFER,
	  BY_TUPLE,
	  { .reason = GREY_FUTURE, .missing = 300, .next = { .first = NOW } },
	  false,
	  STAGE_RCPT,
	  "",
	  "correcting date for first seen in the future!\naction=greylist, reason=new" WHO,
	  "do=defer why=first-seen-in-the-future wait=300" OUR_WHO "\n" },
	{ "header",
	  DO_PASS,
	  BY_TUPLE,
	  { .reason = GREY_RETRIED, .waited = 304 },
	  false,
	  STAGE_RCPT,
	  "4F2A1",
	  "4F2A1: action=pass, reason=triplet found, delay=304" WHO,
	  "do=pass why=retried waited=304 id=4F2A1" OUR_WHO "\n" },
	{ "known",
	  DO_PASS,
	  BY_TUPLE,
	  { .reason = GREY_KNOWN },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=pass, reason=triplet found" WHO,
	  "do=pass why=known" OUR_WHO "\n" },
	{ "frees the client",
	  DO_PASS,
	  BY_TUPLE,
	  { .reason = GREY_RETRIED, .waited = 301 },
	  true,
	  STAGE_RCPT,
	  "",
	  "whitelisted: mx.example.net[203.0.113.9]\n"
	  "action=pass, reason=triplet found, delay=301" WHO,
	  "do=pass why=retried waited=301" OUR_WHO " auto-allowed-from-now-on\n" },
	{ "patience frees the client",
	  DO_PASS,
	  BY_STAYING,
	  { 0 },
	  true,
	  STAGE_DATA,
	  "",
	  "tarpit whitelisted: mx.example.net[203.0.113.9]\n",
	  "do=pass why=stayed" OUR_WHO " auto-allowed-from-now-on\n" },
	{ "hold",
	  DO_HOLD,
	  BY_TUPLE,
	  { .reason = GREY_NEW },
	  false,
	  STAGE_RCPT,
	  "",
	  "",
	  "do=hold why=new hold=125" OUR_WHO "\n" },
	{ "no address",
	  DO_PASS,
	  BY_NO_ADDRESS,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "0",
	  "action=pass, reason=no client address" WHO,
	  "do=pass why=no-client-address id=0" OUR_WHO "\n" },
	{ "rejected",
	  DO_REJECT,
	  BY_RULE,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=reject" WHO,
	  "do=reject why=rule" OUR_WHO "\n" },
	{ "a look-up failed",
	  DO_TEMPFAIL,
	  BY_FAILED_FACT,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=tempfail" WHO,
	  "do=tempfail why=look-up-failed fact=\"the SPF result\"" OUR_WHO "\n" },
	{ "no memory",
	  DO_PASS,
	  BY_NO_MEMORY,
	  { 0 },
	  false,
	  STAGE_RCPT,
	  "",
	  "action=pass, reason=store timed out" WHO,
	  "do=pass why=no-memory" OUR_WHO "\n" },
};

static struct question question(void)
{
	return (struct question){ .now = NOW,
		                  .client_address = VIEW("203.0.113.9"),
		                  .client_name = VIEW("mx.example.net"),
		                  .sender = VIEW("a@example.net"),
		                  .recipient = VIEW("b@example.org") };
}

static void test_lines(void **state)
{
	struct stderr_lines lines;
	struct conf *conf = conf_of_text("racl greylist default\n");
	char got[2000];

	(void)state;
	stderr_begin(&lines, LOG_LEVEL_NOTICE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct question q = question();
		struct transaction_outcome o = { .verdict = rows[i].verdict,
			                         .reason = rows[i].reason,
			                         .grey = rows[i].grey,
			                         .client_freed = rows[i].freed,
			                         .first = true,
			                         .hold_s = 125,
			                         .failed = FACT_SPF,
			                         .conf = conf,
			                         .trouble = ST_TIMEOUT };

		q.stage = rows[i].stage;
		q.queue_id = view_of(rows[i].queue_id);
		for (unsigned face = 0; face < 2; face++) {
			const char *wanted = face == 0 ? rows[i].postgrey : rows[i].greylag;

			conf->face = face == 0 ? CONF_POSTGREY : CONF_GREYLAG;
			decision_log(lines.log, &q, &o);
			stderr_take(&lines, got, sizeof(got));
			if (strcmp(got, wanted) != 0)
				print_message("%s:\n%s%s", rows[i].name, got, wanted);
			assert_string_equal(got, wanted);
		}
	}
	stderr_end(&lines);
	conf_unref(&conf);
}

/* No peer writes a line of its own into the log, and what is cut says so. */
static void test_hostile(void **state)
{
	static char long_text[6000], got[20000];
	struct stderr_lines lines;
	struct conf *conf = conf_of_text("racl greylist default\n");
	struct question q = question();
	struct transaction_outcome o = { .verdict = DO_PASS,
		                         .reason = BY_AUTO_ALLOW,
		                         .conf = conf };

	(void)state;
	stderr_begin(&lines, LOG_LEVEL_NOTICE);
	for (unsigned face = 0; face < 2; face++) {
		conf->face = face == 0 ? CONF_POSTGREY : CONF_GREYLAG;
		q = question();
		q.sender = VIEW("a\nforged: line\r\x1b[2J\0b@example.net");
		decision_log(lines.log, &q, &o);
		stderr_take(&lines, got, sizeof(got));
		assert_int_equal(strlen(got), strcspn(got, "\n") + 1);
		assert_null(strchr(got, '\x1b'));
		assert_non_null(strstr(got, "a\\x0aforged: line\\x0d\\x1b[2J\\x00b@example.net"));
		assert_non_null(strstr(got, "b@example.org"));
		memset(long_text, 0xff, sizeof(long_text));
		q.client_name = q.sender = q.recipient = q.queue_id =
			(struct view){ long_text, sizeof(long_text) };
		decision_log(lines.log, &q, &o);
		stderr_take(&lines, got, sizeof(got));
		assert_int_equal(strlen(got), LOG_LINE_MAX + 4);
		assert_string_equal(got + LOG_LINE_MAX, "...\n");
	}
	stderr_end(&lines);
	conf_unref(&conf);
}

static void test_left_out(void **state)
{
	struct stderr_lines lines;
	struct conf *conf = conf_of_text("racl greylist default\n");
	struct question q = question();
	struct transaction_outcome o = { .verdict = DO_PASS,
		                         .reason = BY_AUTO_ALLOW,
		                         .conf = conf };
	char got[2000];

	(void)state;
	conf->face = CONF_POSTGREY;
	q.client_name = VIEW("0"); /* false for Perl */
	q.sender = VIEW("");
	stderr_begin(&lines, LOG_LEVEL_NOTICE);
	decision_log(lines.log, &q, &o);
	stderr_take(&lines, got, sizeof(got));
	assert_string_equal(got, "action=pass, reason=client AWL, client_address=203.0.113.9, "
	                         "recipient=b@example.org\n");
	stderr_end(&lines);
	stderr_begin(&lines, LOG_LEVEL_WARNING); /* decisions are notices */
	o.client_freed = true;
	decision_log(lines.log, &q, &o);
	stderr_take(&lines, got, sizeof(got));
	assert_string_equal(got, "whitelisted: 203.0.113.9\n");
	stderr_end(&lines);
	conf_unref(&conf);
}

/* Exactly its lines, for the tools that read them; Q is the queue's id. */
static void test_milter_greylist(void **state)
{
	static const struct {
		const char *name, *rules, *queue_id;
		enum transaction_verdict verdict;
		enum transaction_reason reason;
		struct grey_decision grey;
		const char *line;
	} cases[] = {
		{ "delayed",
		  "racl greylist default\n",
		  "4F2A1",
		  DO_DEFER,
		  BY_TUPLE,
		  { .missing = 3725 },
		  "4F2A1: addr mx.example.net[203.0.113.9] from <a@example.net> to "
		  "<b@example.org> delayed for 01:02:05 (ACL 1)\n" },
		{ "put off",
		  "racl \"x\" greylist default\n",
		  "",
		  DO_DEFER,
		  BY_DELAYED,
		  { .missing = 60 },
		  "(unknown id): addr mx.example.net[203.0.113.9] from <a@example.net> to "
		  "<b@example.org> delayed after DATA phase for 00:01:00 (ACL x)\n" },
		{ "blacklisted",
		  "racl blacklist from a@example.net\n",
		  "",
		  DO_REJECT,
		  BY_RULE,
		  { 0 },
		  "(unknown id): addr mx.example.net[203.0.113.9] from <a@example.net> to "
		  "<b@example.org> blacklisted (ACL 1)\n" },
		{ "whitelisted",
		  "racl \"us\" whitelist addr 203.0.113.0/24 from a@example.net\n",
		  "",
		  DO_PASS,
		  BY_RULE,
		  { 0 },
		  "(unknown id): skipping greylist because address 203.0.113.9 is whitelisted, "
		  "sender <a@example.net> is whitelisted, (from=<a@example.net>, "
		  "rcpt=<b@example.org>, addr=mx.example.net[203.0.113.9]) ACL us\n" },
		{ "by default",
		  "racl whitelist default\n",
		  "",
		  DO_PASS,
		  BY_RULE,
		  { 0 },
		  "(unknown id): skipping greylist because this is the default action, "
		  "(from=<a@example.net>, rcpt=<b@example.org>, "
		  "addr=mx.example.net[203.0.113.9]) ACL 1\n" },
		{ "known",
		  "racl greylist default autowhite 3d\n",
		  "",
		  DO_PASS,
		  BY_TUPLE,
		  { .reason = GREY_KNOWN },
		  "(unknown id): addr 203.0.113.9 from <a@example.net> rcpt <b@example.org>: "
		  "autowhitelisted for another 72:00:00\n" },
		{ "its time has come: no line",
		  "racl greylist default\n",
		  "",
		  DO_PASS,
		  BY_TUPLE,
		  { .reason = GREY_RETRIED, .waited = 3600 },
		  "" },
		{ "nolog", "racl whitelist default nolog\n", "", DO_PASS, BY_RULE, { 0 }, "" },
	};
	struct stderr_lines lines;
	char got[2000];

	(void)state;
	stderr_begin(&lines, LOG_LEVEL_INFO);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *conf = conf_of_text(cases[i].rules);
		struct question q = question();
		struct acl_eval at = { 0 };
		struct gather g;
		struct transaction_outcome o = { .verdict = cases[i].verdict,
			                         .reason = cases[i].reason,
			                         .grey = cases[i].grey,
			                         .rule = &at.verdict,
			                         .gather = &g,
			                         .conf = conf };

		conf->face = CONF_MILTER_GREYLIST;
		q.queue_id = view_of(cases[i].queue_id);
		gather_begin(&g, &q, conf);
		while (acl_eval(conf->acl, ACL_RCPT, &g.facts, &at, NULL) == ACL_NEED)
			gather_fact(&g, at.need);
		decision_log(lines.log, &q, &o);
		stderr_take(&lines, got, sizeof(got));
		if (strcmp(got, cases[i].line) != 0)
			fail_msg("%s: %s", cases[i].name, got);
		gather_end(&g);
		conf_unref(&conf);
	}
	stderr_end(&lines);
}

/* In the decision's line, or in one of their own where that is another's, or is not written. */
static void test_child_milters(void **state)
{
	static const struct {
		const char *name;
		enum conf_face face;
		enum question_stage stage;
		bool by_rule, nolog;
		const char *line; /* begins so; "": there is none */
	} cases[] = {
		{ "ours", CONF_GREYLAG, STAGE_END, true, false,
		  "do=reject why=rule rule=2 milters=clam:accept,\"a b\":reject*,c:fault client=" },
		{ "at RCPT none has said anything", CONF_GREYLAG, STAGE_RCPT, true, false,
		  "do=reject why=rule rule=2 client=" },
		{ "milter-greylist's", CONF_MILTER_GREYLIST, STAGE_END, true, false,
		  "asked milters: milters=clam:accept,\"a b\":reject*,c:fault client=" },
		{ "no rule", CONF_GREYLAG, STAGE_END, false, true,
		  "asked milters: milters=clam:accept,\"a b\":reject*,c:fault client=" },
		{ "nolog", CONF_GREYLAG, STAGE_END, true, true, "" },
	};
	struct conf *conf = conf_of_text(
		"racl whitelist default\ndacl blacklist from a@example.net\n"
		"milter \"clam\" { socket \"/c\" }\nmilter \"a b\" { socket \"/a\"; evaluation yes "
		"}\n"
		"milter \"c\" { socket \"/d\" }\nmilter \"silent\" { socket \"/e\" }\n");
	struct milters_said said = {
		conf, { VERDICT_ACCEPT, VERDICT_REJECT, MILTER_FAULT, MILTER_SILENT }
	};
	struct question_milter m = { .said = &said };
	struct stderr_lines lines;
	char got[2000];

	(void)state;
	stderr_begin(&lines, LOG_LEVEL_INFO);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = question();
		struct acl_verdict v = { .action = ACL_BLACKLIST, .log = !cases[i].nolog };
		struct transaction_outcome o = {
			.verdict = DO_REJECT, .reason = BY_RULE, .rule = &v, .conf = conf
		};

		if (cases[i].by_rule)
			v.rule = conf->acl->rules[ACL_DATA];
		conf->face = cases[i].face;
		q.stage = cases[i].stage;
		q.milter = &m;
		decision_log(lines.log, &q, &o);
		stderr_take(&lines, got, sizeof(got));
		if (strncmp(got, cases[i].line, strlen(cases[i].line)) != 0 ||
		    (cases[i].line[0] == '\0' && got[0] != '\0'))
			fail_msg("%s: %s", cases[i].name, got);
	}
	stderr_end(&lines);
	/* By default who reads that a mail passes reads, too, that a child has refused it. */
	stderr_begin(&lines, LOG_LEVEL_NOTICE);
	for (unsigned i = 0; i < 2; i++) {
		struct question q = question();

		q.stage = STAGE_END;
		q.milter = &m;
		decision_log_milters(lines.log, &q, i == 0 ? NULL : "clam");
		stderr_take(&lines, got, sizeof(got));
		if (i == 0)
			assert_string_equal(got, "");
		else
			assert_non_null(strstr(got, "refused by milter clam: milters=clam:accept"));
	}
	stderr_end(&lines);
	conf_unref(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),         cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_left_out),      cmocka_unit_test(test_milter_greylist),
		cmocka_unit_test(test_child_milters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
