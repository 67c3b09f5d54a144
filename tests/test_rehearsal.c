/* A question decided on records as they were found. */
#include "session/rehearsal.h"

#include "conf_text.h"

#define NOW  INT64_C(1795319831)
#define HOUR 3600

#define TARPIT "greylist 5m\nracl whitelist tarpit 30s\nracl greylist default\n"

static const struct grey_record fresh = { .first = NOW - 60, .last = NOW - 60, .wait = 300 };
static const struct grey_record ripe = { .first = NOW - 400, .last = NOW - 60, .wait = 300 };
static const struct grey_record slow = { .first = NOW - 400, .last = NOW - 60, .wait = 900 };
static const struct grey_record passed = { .first = NOW - HOUR, .last = NOW - 60, .passes = 2 };
static const struct client_record known = { .last = NOW - HOUR, .count = 5 };
static const struct mark_record mark = { .since = NOW - 60, .instance = 7 };

static const struct row {
	const char *name;
	const char *conf;
	struct rehearsal_memory memory;
	const char *sender;
	const char *auth;
	enum transaction_verdict verdict;
	enum transaction_reason reason;
	int64_t missing;
	int64_t hold_s;
} rows[] = {
	{ "never seen", "greylist 5m\n", { 0 }, "a@b", "", DO_DEFER, BY_TUPLE, 300, 0 },
	{ "early", "greylist 5m\n", { .tuple = &fresh }, "a@b", "", DO_DEFER, BY_TUPLE, 240, 0 },
	{ "in time", "greylist 5m\n", { .tuple = &ripe }, "a@b", "", DO_PASS, BY_TUPLE, 0, 0 },
	{ "the promise counts",
	  "greylist 5m\n",
	  { .tuple = &slow },
	  "a@b",
	  "",
	  DO_DEFER,
	  BY_TUPLE,
	  500,
	  0 },
	{ "to Postgrey the setting counts",
	  "style postgrey\ngreylist 5m\n",
	  { .tuple = &slow },
	  "a@b",
	  "",
	  DO_PASS,
	  BY_TUPLE,
	  0,
	  0 },
	{ "the rule's wait",
	  "racl greylist default delay 7m\n",
	  { 0 },
	  "a@b",
	  "",
	  DO_DEFER,
	  BY_TUPLE,
	  420,
	  0 },
	{ "passed before",
	  "greylist 5m\n",
	  { .tuple = &passed },
	  "a@b",
	  "",
	  DO_PASS,
	  BY_TUPLE,
	  0,
	  0 },
	{ "auto-allowed",
	  "autowhite clients 5\n",
	  { .client = &known },
	  "a@b",
	  "",
	  DO_PASS,
	  BY_AUTO_ALLOW,
	  0,
	  0 },
	{ "not yet auto-allowed",
	  "greylist 5m\nautowhite clients 6\n",
	  { .client = &known },
	  "a@b",
	  "",
	  DO_DEFER,
	  BY_TUPLE,
	  300,
	  0 },
	{ "a rule about who is known",
	  "autowhite clients 5\nracl blacklist known\n",
	  { .client = &known },
	  "a@b",
	  "",
	  DO_REJECT,
	  BY_RULE,
	  0,
	  0 },
	{ "lets in", "racl whitelist default\n", { 0 }, "a@b", "", DO_PASS, BY_RULE, 0, 0 },
	{ "authenticated",
	  "racl blacklist default\n",
	  { 0 },
	  "a@b",
	  "rin",
	  DO_PASS,
	  BY_AUTH,
	  0,
	  0 },
	{ "noauth",
	  "noauth\nracl blacklist default\n",
	  { 0 },
	  "a@b",
	  "rin",
	  DO_REJECT,
	  BY_RULE,
	  0,
	  0 },
	{ "a tarpit holds who is new", TARPIT, { 0 }, "a@b", "", DO_HOLD, BY_TUPLE, 300, 30 },
	{ "who hung up on it waits",
	  TARPIT,
	  { .mark = &mark },
	  "a@b",
	  "",
	  DO_DEFER,
	  BY_TUPLE,
	  300,
	  0 },
	{ "a greylist rule's tarpit",
	  "racl greylist tarpit 30s delay 5m\n",
	  { 0 },
	  "a@b",
	  "",
	  DO_HOLD,
	  BY_TUPLE,
	  300,
	  30 },
	{ "a null sender is refused later",
	  "delayedreject\ngreylist 5m\n",
	  { 0 },
	  "",
	  "",
	  DO_PASS,
	  BY_NULL_SENDER,
	  300,
	  0 },
	{ "a sender is refused now",
	  "delayedreject\ngreylist 5m\n",
	  { 0 },
	  "a@b",
	  "",
	  DO_DEFER,
	  BY_TUPLE,
	  300,
	  0 },
};

static struct question question_of(const struct row *r)
{
	return (struct question){ .now = NOW,
		                  .wall = NOW,
		                  .client_address = VIEW("203.0.113.9"),
		                  .client_name = VIEW("mx.example.net"),
		                  .helo = VIEW("mx.example.net"),
		                  .sender = view_of(r->sender),
		                  .recipient = VIEW("b@example.org"),
		                  .auth = view_of(r->auth) };
}

static void decides_as_a_transaction(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct conf *c = conf_of_text(row->conf);
		struct question q = question_of(row);
		struct rehearsal r;

		rehearse(&r, &q, c, &row->memory, NULL);
		if (r.outcome.verdict != row->verdict || r.outcome.reason != row->reason)
			fail_msg("%s: verdict %d, reason %d", row->name, r.outcome.verdict,
			         r.outcome.reason);
		if (r.outcome.grey.missing != row->missing)
			fail_msg("%s: %lld are missing", row->name,
			         (long long)r.outcome.grey.missing);
		if (row->verdict == DO_HOLD && r.outcome.hold_s != row->hold_s)
			fail_msg("%s: held %lld", row->name, (long long)r.outcome.hold_s);
		rehearsal_end(&r);
		conf_unref(&c);
	}
}

/* No calendar has this time, so the clause fails. */
static void a_fact_fails(void **state)
{
	struct conf *c = conf_of_text("onfailure tempfail\nracl whitelist time \"* * * * *\"\n");
	const struct rehearsal_memory none = { 0 };
	struct question q = question_of(&rows[0]);
	struct rehearsal r;

	(void)state;
	q.now = INT64_MAX;
	rehearse(&r, &q, c, &none, NULL);
	assert_int_equal(r.outcome.verdict, DO_TEMPFAIL);
	assert_int_equal(r.outcome.reason, BY_FAILED_FACT);
	assert_int_equal(r.outcome.failed, FACT_TIME);
	assert_false(r.judged);
	rehearsal_end(&r);
	conf_unref(&c);
}

static void no_address_no_memory(void **state)
{
	struct conf *c = conf_of_text("racl whitelist known\nracl greylist default\n");
	const struct rehearsal_memory memory = { .client = &known };
	struct question q = question_of(&rows[0]);
	struct rehearsal r;

	(void)state;
	q.client_address = VIEW("unknown");
	rehearse(&r, &q, c, &memory, NULL);
	assert_int_equal(r.outcome.verdict, DO_PASS);
	assert_int_equal(r.outcome.reason, BY_NO_ADDRESS);
	rehearsal_end(&r);
	conf_unref(&c);
}

/* After the message: what spamd says, and who was let in by a default. */
static const struct {
	const char *name;
	const char *conf;
	struct rehearsal_memory memory;
	bool scored;
	int64_t score;
	enum transaction_verdict verdict;
	enum transaction_reason reason;
	int64_t missing;
} messages[] = {
	{ "not scored",
	  "racl whitelist default\ndacl blacklist spamd > 5\n",
	  { 0 },
	  false,
	  0,
	  DO_PASS,
	  BY_RULE,
	  0 },
	{ "spam",
	  "racl whitelist default\ndacl blacklist spamd\n",
	  { 0 },
	  true,
	  50,
	  DO_REJECT,
	  BY_RULE,
	  0 },
	{ "just none",
	  "racl whitelist default\ndacl blacklist spamd\n",
	  { 0 },
	  true,
	  49,
	  DO_PASS,
	  BY_RULE,
	  0 },
	{ "new",
	  "racl whitelist default\ndacl greylist spamd > 5 delay 5m\n",
	  { 0 },
	  true,
	  75,
	  DO_DEFER,
	  BY_TUPLE,
	  300 },
	{ "early",
	  "racl whitelist default\ndacl greylist spamd > 5 delay 5m\n",
	  { .tuple = &fresh },
	  true,
	  75,
	  DO_DEFER,
	  BY_TUPLE,
	  240 },
	{ "in time",
	  "racl whitelist default\ndacl greylist spamd > 5 delay 5m\n",
	  { .tuple = &ripe },
	  true,
	  75,
	  DO_PASS,
	  BY_TUPLE,
	  0 },
	{ "let in by more than a default",
	  "racl whitelist from a@b\ndacl greylist spamd > 5 delay 5m\n",
	  { 0 },
	  true,
	  75,
	  DO_PASS,
	  BY_RULE,
	  0 },
	{ "no content is known",
	  "racl whitelist default\ndacl blacklist not header \"x\"\n"
	  "dacl blacklist not body \"x\"\ndacl blacklist msgsize < 5\n",
	  { 0 },
	  false,
	  0,
	  DO_PASS,
	  BY_RULE,
	  0 },
};

static void messages_as_a_transaction(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct rehearsal_content content = { .recipient = VIEW("<c@d>"),
			                                   .scored = messages[i].scored,
			                                   .score_tenths = messages[i].score };
		struct conf *c = conf_of_text(messages[i].conf);
		struct question q = question_of(&rows[0]);
		struct rehearsal rcpt, end;

		print_message("%s\n", messages[i].name);
		rehearse(&rcpt, &q, c, &messages[i].memory, NULL);
		rehearse_message(&end, &rcpt, &content, &messages[i].memory, NULL);
		assert_int_equal(end.outcome.verdict, messages[i].verdict);
		assert_int_equal(end.outcome.reason, messages[i].reason);
		assert_int_equal(end.outcome.grey.missing, messages[i].missing);
		rehearsal_end(&end);
		rehearsal_end(&rcpt);
		conf_unref(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_as_a_transaction),
		cmocka_unit_test(a_fact_fails),
		cmocka_unit_test(no_address_no_memory),
		cmocka_unit_test(messages_as_a_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
