#include "hex.h"

#include "codec/milter.h"

static void show(struct buf *out, struct view v)
{
	assert_int_equal(buf_byte(out, '|'), ST_OK);
	assert_int_equal(buf_append(out, v), ST_OK);
}

static void show_texts(struct buf *out, struct milter_texts texts)
{
	struct view text;

	while (milter_next(&texts, &text))
		show(out, text);
	assert_int_equal(texts.count, 0);
}

static void show_connect(struct buf *out, const struct milter_connect *c)
{
	char ip[IP_TEXT_MAX] = "none";

	if (c->ip.family != IP_NONE)
		ip_format(&c->ip, ip);
	show(out, c->host);
	assert_int_equal(buf_printf(out, "|%c|%u", (char)c->family, c->port), ST_OK);
	show(out, c->address);
	assert_int_equal(buf_printf(out, "|%s", ip), ST_OK);
}

/* A command as a line of text: its letter and what it holds, with "|" between. */
static const char *shown(struct buf *out, const struct milter_command *m)
{
	buf_clear(out);
	assert_int_equal(buf_byte(out, (char)m->kind), ST_OK);
	switch (m->kind) {
	case MILTER_OPTNEG:
		assert_int_equal(buf_printf(out, "|%u|%x|%x", m->offer.version, m->offer.actions,
		                            m->offer.steps),
		                 ST_OK);
		break;
	case MILTER_MACRO:
		show(out, (struct view){ &m->macros.command, 1 });
		show_texts(out, m->macros.pairs);
		break;
	case MILTER_CONNECT: show_connect(out, &m->connect); break;
	case MILTER_MAIL:
	case MILTER_RCPT:
		show(out, m->envelope.address);
		show_texts(out, m->envelope.arguments);
		break;
	case MILTER_HELO:
	case MILTER_UNKNOWN: show(out, m->text); break;
	case MILTER_HEADER:
		show(out, m->header.name);
		show(out, m->header.value);
		break;
	case MILTER_BODY:
	case MILTER_EOB: show(out, m->body); break;
	case MILTER_DATA:
	case MILTER_EOH:
	case MILTER_ABORT:
	case MILTER_QUIT:
	case MILTER_QUIT_NC: break;
	}
	return buf_text(out);
}

/* Packets as MTAs send them, made by hand and played against libmilter, or captured from Postfix
 * 3.7.11 and Sendmail 8.17.1.9. `prefixes`: how many of the data's strict prefixes are data of this
 * command too. */
static const struct vector {
	const char *name;
	const char *hex;
	const char *shown;
	unsigned prefixes;
} vectors[] = {
	{ "offer", "0000000d 4f 00000006000001ff001fffff", "O|6|1ff|1fffff", 0 },
	{ "offer of version 2", "0000000d 4f 000000020000003f0000007f", "O|2|3f|7f", 0 },
	{ "macros of CONNECT",
	  "0000002d 44 436a006d782e6578616d706c652e6e6574007b636c69656e745f7074727d00707070312e"
	  "6578616d706c6500",
	  "D|C|j|mx.example.net|{client_ptr}|ppp1.example", 2 },
	{ "Postfix: macros of CONNECT",
	  "00000078 44 436a006d782e6c61622e6578616d706c65007b6461656d6f6e5f6e616d657d006d782e6c"
	  "61622e6578616d706c65007b6461656d6f6e5f616464727d003132372e302e302e31007600506f737466"
	  "697820332e372e3131005f006d61696c2e6578616d706c652e636f6d205b3139322e302e322e315d00",
	  "D|C|j|mx.lab.example|{daemon_name}|mx.lab.example|{daemon_addr}|127.0.0.1|v|"
	  "Postfix 3.7.11|_|mail.example.com [192.0.2.1]",
	  5 },
	{ "Postfix: a name that doesn't lead back",
	  "00000091 44 436a006d782e6c61622e6578616d706c65007b6461656d6f6e5f6e616d657d006d782e6c"
	  "61622e6578616d706c65007b6461656d6f6e5f616464727d003132372e302e302e31007600506f737466"
	  "697820332e372e3131005f007070702d312d322d332e64796e2e6578616d706c652e636f6d205b313932"
	  "2e302e322e375d20286d617920626520666f726765642900",
	  "D|C|j|mx.lab.example|{daemon_name}|mx.lab.example|{daemon_addr}|127.0.0.1|v|"
	  "Postfix 3.7.11|_|ppp-1-2-3.dyn.example.com [192.0.2.7] (may be forged)",
	  5 },
	{ "Postfix: no macros for HELO", "00000002 44 48", "D|H", 0 },
	{ "Postfix: macros before a header", "00000010 44 4c6900323841343241373230313500",
	  "D|L|i|28A42A72015", 1 },
	{ "Postfix: macros of a refused recipient",
	  "00000050 44 527b726370745f6d61696c65727d006572726f72007b726370745f616464727d00526563"
	  "697069656e7420616464726573732072656a65637465643a204e6f207375636820757365722068657265"
	  "00",
	  "D|R|{rcpt_mailer}|error|{rcpt_addr}|"
	  "Recipient address rejected: No such user here",
	  2 },
	{ "Sendmail: macros of the end",
	  "00000044 44 457b6d73675f69647d003c313739353332313130383031333934303237382e3133393831"
	  "3438333933343437303440636c69656e742e6578616d706c652e636f6d3e00",
	  "D|E|{msg_id}|<1795321108013940278.13981483934470"
	  "4@client.example.com>",
	  1 },
	{ "CONNECT, IPv4", "0000001a 43 5b3139322e302e322e315d003412673139322e302e322e3100",
	  "C|[192.0.2.1]|4|4711|192.0.2.1|192.0.2.1", 0 },
	{ "CONNECT, IPv6", "0000001d 43 6d61696c2e6578616d706c6500360019323030313a6462383a3a3100",
	  "C|mail.example|6|25|2001:db8::1|2001:db8::1", 0 },
	{ "Sendmail: CONNECT, IPv6",
	  "00000030 43 5b495076363a303a303a303a303a303a303a303a315d0036dc20495076363a303a303a30"
	  "3a303a303a303a303a3100",
	  "C|[IPv6:0:0:0:0:0:0:0:1]|6|56352|IPv6:0:0:0:0:0:0:0:1|::1", 0 },
	{ "CONNECT, a label in small letters", "0000000f 43 6100360000697076363a3a3a3100",
	  "C|a|6|0|ipv6:::1|::1", 0 },
	{ "CONNECT, IPv4 in IPv6", "00000015 43 61003600003a3a666666663a312e322e332e3400",
	  "C|a|6|0|::ffff:1.2.3.4|1.2.3.4", 0 },
	{ "CONNECT, IPv6 that is said to be IPv4", "0000000a 43 61003400003a3a3100",
	  "C|a|4|0|::1|none", 0 },
	{ "CONNECT, a label that is said to be IPv4",
	  "00000013 43 6100340000495076363a312e322e332e3400", "C|a|4|0|IPv6:1.2.3.4|none", 0 },
	{ "CONNECT, a short IPv4 address", "00000008 43 61003400193100", "C|a|4|25|1|none", 0 },
	{ "CONNECT, no address", "00000007 43 610034001900", "C|a|4|25||none", 0 },
	{ "CONNECT, no host", "0000000d 43 003400193139322e302e3200", "C||4|25|192.0.2|none", 0 },
	{ "CONNECT, local socket", "00000015 43 6c6f63616c686f7374004c00002f72756e2f7800",
	  "C|localhost|L|0|/run/x|none", 0 },
	{ "CONNECT, unknown family", "0000000c 43 6c6f63616c686f73740055", "C|localhost|U|0||none",
	  0 },
	{ "CONNECT, unknown family and more", "00000009 43 620055ffff003132", "C|b|U|0||none", 5 },
	{ "Postfix: CONNECT, address unknown", "00000014 43 756e6b6e6f776e00349f72756e6b6e6f776e00",
	  "C|unknown|4|40818|unknown|none", 0 },
	{ "HELO", "0000000b 48 782e6578616d706c6500", "H|x.example", 0 },
	{ "HELO without a name", "00000002 48 00", "H|", 0 },
	{ "MAIL with arguments",
	  "00000025 4d 3c6140622e6578616d706c653e0053495a453d313000424f44593d384249544d494d4500",
	  "M|<a@b.example>|SIZE=10|BODY=8BITMIME", 2 },
	{ "MAIL, null sender", "00000004 4d 3c3e00", "M|<>", 0 },
	{ "MAIL, no brackets", "00000003 4d 6100", "M|a", 0 },
	{ "RCPT", "0000000f 52 3c6340642e6578616d706c653e00", "R|<c@d.example>", 0 },
	{ "RCPT with an argument, and an empty one",
	  "00000013 52 3c613e004e4f544946593d4e455645520000", "R|<a>|NOTIFY=NEVER|", 2 },
	{ "DATA", "00000001 54", "T", 0 },
	{ "Postfix: UNKNOWN", "00000007 55 58595a5a5900", "U|XYZZY", 0 },
	{ "Sendmail: UNKNOWN", "0000000d 55 58595a5a5920706c75676800", "U|XYZZY plugh", 0 },
	{ "HEADER", "0000000c 4c 5375626a65637400686900", "L|Subject|hi", 0 },
	{ "HEADER with its blank", "0000000d 4c 5375626a6563740020686900", "L|Subject| hi", 0 },
	{ "HEADER, folded", "0000000a 4c 582d4600610a096200", "L|X-F|a\n\tb", 0 },
	{ "HEADER, empty", "00000006 4c 582d450000", "L|X-E|", 0 },
	{ "EOH", "00000001 4e", "N", 0 },
	{ "BODY", "00000008 42 68656c6c6f0d0a", "B|hello\r\n", 6 },
	{ "EOB", "00000001 45", "E|", 0 },
	{ "EOB with a last piece", "00000007 45 7461696c0d0a", "E|tail\r\n", 6 },
	{ "ABORT", "00000001 41", "A", 0 },
	{ "QUIT_NC", "00000001 4b", "K", 0 },
	{ "QUIT", "00000001 51", "Q", 0 },
};

static void test_commands(void **state)
{
	struct buf in = buf_of(ROOM), text = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct milter_packet packet;
		struct milter_command command;
		size_t used = 0;

		print_message("%s\n", vectors[i].name);
		buf_clear(&in);
		put_hex(&in, vectors[i].hex);
		assert_int_equal(milter_scan(buf_view(&in), MILTER_DATA_MAX, &packet, &used),
		                 ST_OK);
		assert_int_equal(used, in.n);
		assert_int_equal(milter_command_read(&packet, &command), ST_OK);
		assert_string_equal(shown(&text, &command), vectors[i].shown);
	}
	buf_free(&in);
	buf_free(&text);
}

/* No prefix of a packet is a packet; of its data only what stands in the table. */
static void test_every_cut(void **state)
{
	struct buf in = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct milter_packet packet = { .letter = '!' };
		struct milter_command command = { .kind = MILTER_QUIT };
		struct view data;
		unsigned prefixes = 0;
		size_t used = 77;

		print_message("%s\n", vectors[i].name);
		buf_clear(&in);
		put_hex(&in, vectors[i].hex);
		for (size_t n = 0; n < in.n; n++)
			assert_int_equal(milter_scan(view_first(buf_view(&in), n), MILTER_DATA_MAX,
			                             &packet, &used),
			                 ST_AGAIN);
		assert_int_equal(packet.letter, '!');
		assert_int_equal(used, 77);
		assert_int_equal(milter_scan(buf_view(&in), MILTER_DATA_MAX, &packet, &used),
		                 ST_OK);
		data = packet.data;
		for (size_t n = 0; n < data.n; n++) {
			packet.data = view_first(data, n);
			prefixes += milter_command_read(&packet, &command) == ST_OK;
		}
		assert_int_equal(prefixes, vectors[i].prefixes);
		if (prefixes == 0)
			assert_int_equal(command.kind, MILTER_QUIT);
	}
	buf_free(&in);
}

/* All packets behind one another, in pieces of every length up to 9. */
static void test_stream_in_pieces(void **state)
{
	struct buf all = buf_of(ROOM), in = buf_of(ROOM), text = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++)
		put_hex(&all, vectors[i].hex);
	for (size_t piece = 1; piece < 10; piece++) {
		size_t next = 0;

		for (struct view rest = buf_view(&all); rest.n > 0; rest = view_from(rest, piece)) {
			struct milter_packet packet;
			struct milter_command command;
			size_t used;

			assert_int_equal(buf_append(&in, view_first(rest, piece)), ST_OK);
			while (milter_scan(buf_view(&in), MILTER_DATA_MAX, &packet, &used) ==
			       ST_OK) {
				assert_int_equal(milter_command_read(&packet, &command), ST_OK);
				assert_string_equal(shown(&text, &command), vectors[next++].shown);
				buf_drop(&in, used);
			}
		}
		assert_int_equal(next, COUNT(vectors));
		assert_int_equal(in.n, 0);
	}
	buf_free(&all);
	buf_free(&in);
	buf_free(&text);
}

static void test_lengths(void **state)
{
	static const struct {
		const char *name;
		const char *hex;
		uint32_t max_data;
		enum status want;
	} cases[] = {
		{ "nothing", "", MILTER_DATA_MAX, ST_AGAIN },
		{ "zero", "00000000", MILTER_DATA_MAX, ST_INVALID },
		{ "zero, and a letter", "00000000 51", MILTER_DATA_MAX, ST_INVALID },
		{ "no letter yet", "00000001", MILTER_DATA_MAX, ST_AGAIN },
		{ "the largest", "00010000", MILTER_DATA_MAX, ST_AGAIN },
		{ "one more", "00010001", MILTER_DATA_MAX, ST_LIMIT },
		{ "one more, but larger ones were agreed on", "00010001", MILTER_DATA_MAX_256K,
		  ST_AGAIN },
		{ "the largest of 256 K", "00040000", MILTER_DATA_MAX_256K, ST_AGAIN },
		{ "one more than 256 K", "00040001", MILTER_DATA_MAX_256K, ST_LIMIT },
		{ "the largest of 1 M", "00100000", MILTER_DATA_MAX_1M, ST_AGAIN },
		{ "one more than 1 M", "00100001", MILTER_DATA_MAX_1M, ST_LIMIT },
		{ "one more than 1 M, whatever the caller says", "00100001", UINT32_MAX, ST_LIMIT },
		{ "the largest positive", "7fffffff", MILTER_DATA_MAX, ST_LIMIT },
		{ "the smallest negative", "80000000", MILTER_DATA_MAX, ST_LIMIT },
		{ "minus one", "ffffffff", UINT32_MAX, ST_LIMIT },
		{ "a line of SMTP", "48454c4f20780d0a", MILTER_DATA_MAX, ST_LIMIT },
	};
	struct buf in = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct milter_packet packet;
		size_t used;

		print_message("%s\n", cases[i].name);
		buf_clear(&in);
		put_hex(&in, cases[i].hex);
		assert_int_equal(milter_scan(buf_view(&in), cases[i].max_data, &packet, &used),
		                 cases[i].want);
	}
	buf_free(&in);
}

static void test_malformed_commands(void **state)
{
	static const struct {
		const char *name;
		const char *hex; /* letter and data */
		enum status want;
	} cases[] = {
		{ "a letter nobody knows", "7a", ST_NOTFOUND },
		{ "a letter of replies", "63", ST_NOTFOUND },
		{ "a NUL for a letter", "00", ST_NOTFOUND },
		{ "an octet above 127 for a letter", "cf 00000006000001ff001fffff", ST_NOTFOUND },
		{ "offer, two numbers", "4f 0000000600000000", ST_INVALID },
		{ "offer, more behind it", "4f 00000006000001ff001fffff00", ST_INVALID },
		{ "macros without a letter", "44", ST_INVALID },
		{ "macros, a name alone", "44 436900", ST_INVALID },
		{ "macros, a pair and a name", "44 4369007800 7600", ST_INVALID },
		{ "macros without the last NUL", "44 4369003132", ST_INVALID },
		{ "CONNECT, nothing", "43", ST_INVALID },
		{ "CONNECT without a family", "43 6100", ST_INVALID },
		{ "CONNECT, host without NUL", "43 6134", ST_INVALID },
		{ "CONNECT, family X", "43 61005800197a7a00", ST_INVALID },
		{ "CONNECT, family NUL", "43 61000000197a7a00", ST_INVALID },
		{ "CONNECT, half a port", "43 61003400", ST_INVALID },
		{ "CONNECT without an address", "43 6100340019", ST_INVALID },
		{ "CONNECT, address without NUL", "43 61003400193139322e302e322e31", ST_INVALID },
		{ "CONNECT, more behind it", "43 61003400193139322e302e322e310000", ST_INVALID },
		{ "HELO, nothing", "48", ST_INVALID },
		{ "HELO without NUL", "48 616263", ST_INVALID },
		{ "HELO, two names", "48 61006200", ST_INVALID },
		{ "MAIL, nothing", "4d", ST_INVALID },
		{ "MAIL without NUL", "4d 3c6140623e", ST_INVALID },
		{ "MAIL, argument without NUL", "4d 3c6140623e0053495a45", ST_INVALID },
		{ "RCPT, nothing", "52", ST_INVALID },
		{ "RCPT without NUL", "52 3c6140623e", ST_INVALID },
		{ "UNKNOWN, nothing", "55", ST_INVALID },
		{ "UNKNOWN without NUL", "55 58", ST_INVALID },
		{ "HEADER, nothing", "4c", ST_INVALID },
		{ "HEADER without NUL", "4c 414243", ST_INVALID },
		{ "HEADER, value without NUL", "4c 410042", ST_INVALID },
		{ "HEADER, a name alone", "4c 4100", ST_INVALID },
		{ "HEADER without a name", "4c 007600", ST_INVALID },
		{ "HEADER, a third text", "4c 410042004300", ST_INVALID },
		{ "BODY, nothing", "42", ST_INVALID },
		{ "DATA with something", "54 00", ST_INVALID },
		{ "EOH with something", "4e 00", ST_INVALID },
		{ "ABORT with something", "41 00", ST_INVALID },
		{ "QUIT with something", "51 00", ST_INVALID },
		{ "QUIT_NC with something", "4b 00", ST_INVALID },
	};
	struct buf in = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct milter_packet packet;
		struct milter_command command = { .kind = MILTER_EOH };

		print_message("%s\n", cases[i].name);
		buf_clear(&in);
		put_hex(&in, cases[i].hex);
		packet.letter = in.p[0];
		packet.data = view_from(buf_view(&in), 1);
		assert_int_equal(milter_command_read(&packet, &command), cases[i].want);
		assert_int_equal(command.kind, MILTER_EOH);
	}
	buf_free(&in);
}

static void test_macro_stages(void **state)
{
	static const char letters[] = "CHMRTEN";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const char *at = c != 0 ? strchr(letters, (int)c) : NULL;
		enum milter_stage stage = MILTER_STAGES;

		assert_int_equal(milter_macro_stage((char)c, &stage),
		                 at != NULL ? ST_OK : ST_NOTFOUND);
		assert_int_equal(stage, at != NULL ? at - letters : MILTER_STAGES);
	}
	assert_int_equal(MILTER_AT_EOM, 5);
	assert_int_equal(MILTER_AT_EOH, 6);
}

static void test_who_waits_for_an_answer(void **state)
{
	static const struct {
		enum milter_command_kind kind;
		uint32_t step;
	} cases[] = {
		{ MILTER_CONNECT, MILTER_NR_CONNECT },
		{ MILTER_HELO, MILTER_NR_HELO },
		{ MILTER_MAIL, MILTER_NR_MAIL },
		{ MILTER_RCPT, MILTER_NR_RCPT },
		{ MILTER_DATA, MILTER_NR_DATA },
		{ MILTER_UNKNOWN, MILTER_NR_UNKNOWN },
		{ MILTER_HEADER, MILTER_NR_HEADER },
		{ MILTER_EOH, MILTER_NR_EOH },
		{ MILTER_BODY, MILTER_NR_BODY },
		{ MILTER_OPTNEG, 0 },
		{ MILTER_EOB, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(milter_awaits_answer(cases[i].kind, 0));
		assert_true(milter_awaits_answer(cases[i].kind, ~cases[i].step));
		if (cases[i].step != 0)
			assert_false(milter_awaits_answer(cases[i].kind, cases[i].step));
	}
	assert_false(milter_awaits_answer(MILTER_MACRO, 0));
	assert_false(milter_awaits_answer(MILTER_ABORT, 0));
	assert_false(milter_awaits_answer(MILTER_QUIT, 0));
	assert_false(milter_awaits_answer(MILTER_QUIT_NC, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_stream_in_pieces),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_malformed_commands),
		cmocka_unit_test(test_macro_stages),
		cmocka_unit_test(test_who_waits_for_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
