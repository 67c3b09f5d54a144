#include "codec/policy.h"

static const struct view names[POLICY_ATTRIBUTES] = {
	[POLICY_REQUEST] = VIEW_INIT("request"),
	[POLICY_PROTOCOL_STATE] = VIEW_INIT("protocol_state"),
	[POLICY_PROTOCOL_NAME] = VIEW_INIT("protocol_name"),
	[POLICY_CLIENT_ADDRESS] = VIEW_INIT("client_address"),
	[POLICY_CLIENT_NAME] = VIEW_INIT("client_name"),
	[POLICY_CLIENT_PORT] = VIEW_INIT("client_port"),
	[POLICY_REVERSE_CLIENT_NAME] = VIEW_INIT("reverse_client_name"),
	[POLICY_SERVER_ADDRESS] = VIEW_INIT("server_address"),
	[POLICY_SERVER_PORT] = VIEW_INIT("server_port"),
	[POLICY_HELO_NAME] = VIEW_INIT("helo_name"),
	[POLICY_SENDER] = VIEW_INIT("sender"),
	[POLICY_RECIPIENT] = VIEW_INIT("recipient"),
	[POLICY_RECIPIENT_COUNT] = VIEW_INIT("recipient_count"),
	[POLICY_QUEUE_ID] = VIEW_INIT("queue_id"),
	[POLICY_INSTANCE] = VIEW_INIT("instance"),
	[POLICY_SIZE] = VIEW_INIT("size"),
	[POLICY_ETRN_DOMAIN] = VIEW_INIT("etrn_domain"),
	[POLICY_STRESS] = VIEW_INIT("stress"),
	[POLICY_SASL_METHOD] = VIEW_INIT("sasl_method"),
	[POLICY_SASL_USERNAME] = VIEW_INIT("sasl_username"),
	[POLICY_SASL_SENDER] = VIEW_INIT("sasl_sender"),
	[POLICY_CCERT_SUBJECT] = VIEW_INIT("ccert_subject"),
	[POLICY_CCERT_ISSUER] = VIEW_INIT("ccert_issuer"),
	[POLICY_CCERT_FINGERPRINT] = VIEW_INIT("ccert_fingerprint"),
	[POLICY_ENCRYPTION_PROTOCOL] = VIEW_INIT("encryption_protocol"),
	[POLICY_ENCRYPTION_CIPHER] = VIEW_INIT("encryption_cipher"),
	[POLICY_ENCRYPTION_KEYSIZE] = VIEW_INIT("encryption_keysize"),
	[POLICY_CONTEXT] = VIEW_INIT("policy_context"),
	[POLICY_TEST_TIME] = VIEW_INIT("policy_test_time"),
};

const char *policy_attribute_name(enum policy_attribute a)
{
	return names[a].p;
}

/* An empty line, CR LF too, ends the request; a CR elsewhere is an octet like any other. */
static bool ends_request(struct view line)
{
	return line.n == 0 || (line.n == 1 && line.p[0] == '\r');
}

enum status policy_scan(struct policy_scan *scan, struct view in, size_t *used)
{
	while (scan->seen < in.n) {
		size_t lf = view_find(view_from(in, scan->seen), '\n');
		struct view line;

		if (lf == VIEW_NONE) {
			scan->seen = in.n;
			break;
		}
		line = (struct view){ in.p + scan->line, scan->seen + lf - scan->line };
		scan->seen += lf + 1;
		scan->line = scan->seen;
		if (line.n > POLICY_LINE_MAX || scan->seen > POLICY_REQUEST_MAX)
			return ST_LIMIT;
		if (ends_request(line)) {
			*used = scan->seen;
			return ST_OK;
		}
		if (++scan->lines > POLICY_LINES_MAX)
			return ST_LIMIT;
	}
	if (scan->seen - scan->line > POLICY_LINE_MAX || scan->seen > POLICY_REQUEST_MAX)
		return ST_LIMIT;
	return ST_AGAIN;
}

/* The search starts where the last one ended: in Postfix's order each name is the next one. */
static enum policy_attribute find_name(struct view name, unsigned start)
{
	for (unsigned i = 0; i < POLICY_ATTRIBUTES; i++) {
		unsigned a = (start + i) % POLICY_ATTRIBUTES;

		if (view_eq(names[a], name))
			return (enum policy_attribute)a;
	}
	return POLICY_ATTRIBUTES;
}

enum status policy_parse(struct view request, struct policy_request *out)
{
	struct view line;
	unsigned next = 0;

	*out = (struct policy_request){ .present = 0 };
	while (view_next(&request, '\n', &line) && !ends_request(line)) {
		enum policy_attribute a;
		struct view whole;
		size_t equals;

		if (line.p[line.n - 1] == '\r')
			line.n--;
		whole = line;
		while (line.n > 0 && line.p[0] == '=') /* "=a=b" sets a, as in Postgrey 1.37 */
			line = view_from(line, 1);
		equals = view_find(line, '=');
		if (equals == VIEW_NONE) {
			if (out->garbage++ == 0)
				out->first_garbage = whole;
			continue;
		}
		a = find_name(view_first(line, equals), next);
		if (a == POLICY_ATTRIBUTES)
			continue;
		out->value[a] = view_from(line, equals + 1);
		out->present |= (uint32_t)1 << a;
		next = a + 1u;
	}
	return view_eq(out->value[POLICY_REQUEST], VIEW("smtpd_access_policy")) ? ST_OK
	                                                                        : ST_INVALID;
}

enum status policy_answer(struct buf *out, struct view text)
{
	size_t before = out->n, start;
	enum status st = buf_append(out, VIEW("action="));

	start = out->n;
	if (st == ST_OK)
		st = buf_append(out, text);
	for (size_t i = start; i < out->n; i++)
		if ((unsigned char)out->p[i] < 32 || out->p[i] == 127)
			out->p[i] = '?';
	if (st == ST_OK)
		st = buf_append(out, VIEW("\n\n"));
	if (st != ST_OK)
		out->n = before;
	return st;
}
