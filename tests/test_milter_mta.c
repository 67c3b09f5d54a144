#include "hex.h"

#include "codec/milter_mta.h"

/* --- commands: read as a filter does, and written again --- */

static const struct {
	const char *name;
	const char *hex;
} commands[] = {
	{ "offer", "0000000d 4f 00000006000001ff001fffff" },
	{ "offer of version 2", "0000000d 4f 000000020000003f0000007f" },
	{ "macros", "0000002d 44 436a006d782e6578616d706c652e6e6574007b636c69656e745f7074727d00707"
	            "070312e6578616d706c6500" },
	{ "no macros", "00000002 44 48" },
	{ "macros before a header", "00000010 44 4c6900323841343241373230313500" },
	{ "CONNECT, IPv4", "0000001a 43 5b3139322e302e322e315d003412673139322e302e322e3100" },
	{ "CONNECT, IPv6", "0000001d 43 6d61696c2e6578616d706c6500360019323030313a6462383a3a3100" },
	{ "CONNECT, IPv6 with its label",
	  "00000030 43 5b495076363a303a303a303a303a303a303a303a315d0036dc20495076363a303a303a303a"
	  "303a303a303a303a3100" },
	{ "CONNECT, local socket", "00000015 43 6c6f63616c686f7374004c00002f72756e2f7800" },
	{ "CONNECT, unknown family", "0000000c 43 6c6f63616c686f73740055" },
	{ "CONNECT, address unknown", "00000014 43 756e6b6e6f776e00349f72756e6b6e6f776e00" },
	{ "HELO", "0000000b 48 782e6578616d706c6500" },
	{ "HELO without a name", "00000002 48 00" },
	{ "MAIL with arguments",
	  "00000025 4d 3c6140622e6578616d706c653e0053495a453d313000424f44593d384249544d494d4500" },
	{ "MAIL, null sender", "00000004 4d 3c3e00" },
	{ "RCPT", "0000000f 52 3c6340642e6578616d706c653e00" },
	{ "RCPT with an empty argument", "00000013 52 3c613e004e4f544946593d4e455645520000" },
	{ "DATA", "00000001 54" },
	{ "UNKNOWN", "0000000b 55 58595a5a5920612062 00" },
	{ "HEADER", "0000000c 4c 5375626a65637400686900" },
	{ "HEADER with its blank", "0000000d 4c 5375626a6563740020686900" },
	{ "HEADER, folded", "0000000a 4c 582d4600610a096200" },
	{ "HEADER, empty", "00000006 4c 582d450000" },
	{ "EOH", "00000001 4e" },
	{ "BODY", "00000008 42 68656c6c6f0d0a" },
	{ "EOB", "00000001 45" },
	{ "EOB with a last piece", "00000007 45 7461696c0d0a" },
	{ "ABORT", "00000001 41" },
	{ "QUIT", "00000001 51" },
	{ "QUIT_NC", "00000001 4b" },
};

static struct milter_packet packet_of(struct buf *in, const char *hex)
{
	struct milter_packet packet;
	size_t used;

	buf_clear(in);
	put_hex(in, hex);
	assert_int_equal(milter_scan(buf_view(in), MILTER_DATA_MAX, &packet, &used), ST_OK);
	assert_int_equal(used, in->n);
	return packet;
}

static void test_commands(void **state)
{
	struct buf in = buf_of(ROOM), out = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct milter_packet packet = packet_of(&in, commands[i].hex);
		struct milter_command command;

		print_message("%s\n", commands[i].name);
		assert_int_equal(milter_command_read(&packet, &command), ST_OK);
		buf_clear(&out);
		assert_int_equal(milter_put_command(&out, &command), ST_OK);
		assert_int_equal(out.n, in.n);
		assert_memory_equal(out.p, in.p, in.n);
	}
	buf_free(&in);
	buf_free(&out);
}

/* What libmilter would close for, or not answer. */
static const struct {
	const char *name;
	struct milter_command command;
} refused[] = {
	{ "HELO with a NUL", { .kind = MILTER_HELO, .text = VIEW_INIT("a\0b") } },
	{ "no octets of body", { .kind = MILTER_BODY } },
	{ "a header without a name",
	  { .kind = MILTER_HEADER, .header = { .value = VIEW_INIT("x") } } },
	{ "a header with a NUL",
	  { .kind = MILTER_HEADER, .header = { VIEW_INIT("X"), VIEW_INIT("a\0b") } } },
	{ "arguments without their NUL",
	  { .kind = MILTER_MAIL,
	    .envelope = { VIEW_INIT("<>"), { .packed = VIEW_INIT("SIZE=1") } } } },
	{ "macros not in pairs",
	  { .kind = MILTER_MACRO, .macros = { 'C', { .packed = VIEW_INIT("i\0") } } } },
	{ "macros without the last NUL",
	  { .kind = MILTER_MACRO, .macros = { 'C', { .packed = VIEW_INIT("i\0x") } } } },
	{ "a host with a NUL",
	  { .kind = MILTER_CONNECT, .connect = { VIEW_INIT("\0"), MILTER_UNKNOWN_FAMILY } } },
	{ "no family", { .kind = MILTER_CONNECT, .connect = { .host = VIEW_INIT("x") } } },
	{ "no kind", { .kind = (enum milter_command_kind)'x' } },
};

static void test_refused_commands(void **state)
{
	struct buf out = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		print_message("%s\n", refused[i].name);
		assert_int_equal(milter_put_command(&out, &refused[i].command), ST_INVALID);
		assert_int_equal(out.n, 0);
	}
	buf_free(&out);
}

static void test_long_body(void **state)
{
	static char octets[MILTER_DATA_MAX + 10];
	struct buf out = buf_of(ROOM), small = buf_of(MILTER_DATA_MAX + 10);
	struct milter_command m = { .kind = MILTER_BODY };
	struct milter_packet packet;
	size_t used;

	(void)state;
	m.body = (struct view){ octets, sizeof(octets) };
	assert_int_equal(milter_put_command(&out, &m), ST_OK);
	assert_int_equal(out.n, sizeof(octets) + 2 * MILTER_HEAD);
	assert_int_equal(milter_scan(buf_view(&out), MILTER_DATA_MAX, &packet, &used), ST_OK);
	assert_int_equal(packet.data.n, MILTER_DATA_MAX);
	assert_int_equal(milter_put_command(&small, &m), ST_LIMIT);
	assert_int_equal(small.n, 0);
	m = (struct milter_command){ .kind = MILTER_HEADER,
		                     .header = { VIEW("X"), { octets + 1, 0 } } };
	memset(octets, 'x', sizeof(octets));
	m.header.value = (struct view){ octets, MILTER_DATA_MAX - 3 };
	assert_int_equal(milter_put_command(&small, &m), ST_OK);
	buf_clear(&small);
	m.header.value.n++;
	assert_int_equal(milter_put_command(&small, &m), ST_LIMIT);
	buf_free(&out);
	buf_free(&small);
}

/* --- the answer to the offer --- */

static const struct milter_offer offer6 = { 6, 0x1ff, 0x1fffff };
static const struct milter_offer offer2 = { 2, 0x3f, 0x7f };
static const struct milter_offer offer_few = { 6, 0x11, 0x1fffff };
static const struct milter_offer offer_none = { 6, 0, 0x1fffff };

#define ALL_LISTS                                                                                  \
	"000000a9 4f 00000006000001ff00180c80000000006a207b636c69656e745f7074727d207b636c69656e74" \
	"5f7265736f6c76657d207b6461656d6f6e5f6e616d657d207b636c69656e745f616464727d00000000010000" \
	"0000027b617574685f61757468656e7d207b6d61696c5f616464727d00000000037b726370745f6d61696c65" \
	"727d207b726370745f616464727d000000000469000000000569207b6d73675f69647d00000000066900"

static const struct {
	const char *name;
	const struct milter_offer *offer;
	const char *hex;
	enum status st;
	uint32_t version, actions, steps;
} answers[] = {
	{ "all actions, SKIP", &offer6, "0000000d 4f 00000006000001ff00000400", ST_OK, 6, 0x1ff,
	  0x400 },
	{ "lists for all stages", &offer6, ALL_LISTS, ST_OK, 6, 0x1ff, 0x180c80 },
	{ "version 2 of 6: no UNKNOWN, no DATA", &offer6, "0000000d 4f 000000020000003f00000000",
	  ST_OK, 2, 0x3f, MILTER_NO_UNKNOWN | MILTER_NO_DATA },
	{ "version 3: no DATA", &offer6, "0000000d 4f 000000030000003f00000000", ST_OK, 3, 0x3f,
	  MILTER_NO_DATA },
	{ "version 2 of 2", &offer2, "0000000d 4f 000000020000003f0000000f", ST_OK, 2, 0x3f,
	  0x0f | MILTER_NO_UNKNOWN | MILTER_NO_DATA },
	{ "an offer of no actions is one of version 1's", &offer_none,
	  "0000000d 4f 000000060000000f00000000", ST_OK, 6, 0x0f, 0 },
	{ "version 1", &offer6, "0000000d 4f 000000010000000f00000000", ST_INVALID, 0, 0, 0 },
	{ "version 7", &offer6, "0000000d 4f 000000070000000f00000000", ST_INVALID, 0, 0, 0 },
	{ "version 6 of 2", &offer2, "0000000d 4f 000000060000000f00000000", ST_INVALID, 0, 0, 0 },
	{ "an action that was not offered", &offer_few, "0000000d 4f 000000060000001300000000",
	  ST_INVALID, 0, 0, 0 },
	{ "an action that nobody knows", &offer6, "0000000d 4f 000000060000020000000000",
	  ST_INVALID, 0, 0, 0 },
	{ "a step that nobody knows", &offer6, "0000000d 4f 000000060000000000200000", ST_INVALID,
	  0, 0, 0 },
	{ "large packets that were not offered", &offer6, "0000000d 4f 000000060000000010000000",
	  ST_INVALID, 0, 0, 0 },
	{ "two words", &offer6, "00000009 4f 0000000600000000", ST_INVALID, 0, 0, 0 },
	{ "another letter", &offer6, "0000000d 63 000000060000000000000000", ST_INVALID, 0, 0, 0 },
	{ "a list without its NUL", &offer6, "00000012 4f 000000060000000000000000 00000000 69",
	  ST_INVALID, 0, 0, 0 },
	{ "a stage alone", &offer6, "00000011 4f 000000060000000000000000 00000000", ST_INVALID, 0,
	  0, 0 },
	{ "a list with a LF", &offer6, "00000013 4f 000000060000000000000000 00000000 0a00",
	  ST_INVALID, 0, 0, 0 },
	{ "a list for no stage", &offer6, "00000013 4f 000000060000000000000000 00000007 6900",
	  ST_OK, 6, 0, 0 },
};

static void test_answers(void **state)
{
	struct buf in = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct milter_packet packet = packet_of(&in, answers[i].hex);
		struct milter_agreed a;

		print_message("%s\n", answers[i].name);
		assert_int_equal(milter_agree(&packet, answers[i].offer, &a), answers[i].st);
		if (answers[i].st != ST_OK)
			continue;
		assert_int_equal(a.version, answers[i].version);
		assert_int_equal(a.actions, answers[i].actions);
		assert_int_equal(a.steps, answers[i].steps);
	}
	buf_free(&in);
}

static void test_lists(void **state)
{
	struct buf in = buf_of(ROOM);
	struct milter_packet packet = packet_of(&in, ALL_LISTS);
	struct milter_agreed a;
	unsigned whole = 0;

	(void)state;
	assert_int_equal(milter_agree(&packet, &offer6, &a), ST_OK);
	assert_view(a.macros[MILTER_AT_CONNECT],
	            "j {client_ptr} {client_resolve} {daemon_name} {client_addr}");
	assert_non_null(a.macros[MILTER_AT_HELO].p);
	assert_view(a.macros[MILTER_AT_HELO], "");
	assert_view(a.macros[MILTER_AT_EOM], "i {msg_id}");
	assert_view(a.macros[MILTER_AT_EOH], "i");
	for (size_t n = 0; n < packet.data.n; n++) {
		struct milter_packet cut = { packet.letter, view_first(packet.data, n) };

		whole += milter_agree(&cut, &offer6, &a) == ST_OK;
	}
	assert_int_equal(whole, MILTER_STAGES); /* without a list, with one, ... six */
	packet = packet_of(&in, "0000000d 4f 000000060000000000000000");
	assert_int_equal(milter_agree(&packet, &offer6, &a), ST_OK);
	assert_null(a.macros[MILTER_AT_CONNECT].p);
	buf_free(&in);
}

/* --- answers and changes --- */

static void show(struct buf *out, struct view v)
{
	assert_int_equal(buf_byte(out, '|'), ST_OK);
	assert_int_equal(buf_append(out, v), ST_OK);
}

static const char *shown(struct buf *out, const struct milter_reply *r)
{
	buf_clear(out);
	assert_int_equal(buf_printf(out, "%c|%u", (char)r->kind, r->index), ST_OK);
	show(out, r->name);
	show(out, r->value);
	show(out, r->address);
	show(out, r->arguments);
	show(out, r->text);
	show(out, r->body);
	return buf_text(out);
}

/* `prefixes`: how many strict prefixes of the data are data of this reply too. `again`: what
 * another MTA is sent; NULL: the same. */
static const struct {
	const char *name;
	const char *hex;
	const char *shown; /* NULL: refused */
	unsigned prefixes;
	const char *again;
} replies[] = {
	{ "CONTINUE", "00000001 63", "c|0||||||", 0, NULL },
	{ "ACCEPT", "00000001 61", "a|0||||||", 0, NULL },
	{ "REJECT", "00000001 72", "r|0||||||", 0, NULL },
	{ "TEMPFAIL", "00000001 74", "t|0||||||", 0, NULL },
	{ "DISCARD", "00000001 64", "d|0||||||", 0, NULL },
	{ "SKIP", "00000001 73", "s|0||||||", 0, NULL },
	{ "SHUTDOWN", "00000001 34", "4|0||||||", 0, NULL },
	{ "CONN_FAIL", "00000001 66", "f|0||||||", 0, NULL },
	{ "PROGRESS", "00000001 70", "p|0||||||", 0, NULL },
	{ "REPLYCODE", "00000011 79 34353120342e372e31204c6174657200", "y|0|||||451 4.7.1 Later|",
	  13, NULL },
	{ "REPLYCODE without its NUL", "00000010 79 34353120342e372e31204c61746572",
	  "y|0|||||451 4.7.1 Later|", 12, "00000011 79 34353120342e372e31204c6174657200" },
	{ "REPLYCODE, two lines",
	  "0000001e 79 3535302d352e372e31206f6e650d0a35353020352e372e312074776f00",
	  "y|0|||||550-5.7.1 one\r\n550 5.7.1 two|", 26, NULL },
	{ "REPLYCODE, begins as another class", "00000009 79 3435312035302500", "y|0|||||451 50%|",
	  5, "00000001 74" },
	{ "ADDHEADER", "00000007 68 582d41003100", "h|0|X-A|1||||", 0, NULL },
	{ "ADDHEADER, CR LF", "0000000b 68 582d4100610d0a206200", "h|0|X-A|a\r\n b||||", 0,
	  "0000000a 68 582d4100610a206200" },
	{ "ADDHEADER, LF without a blank", "00000009 68 582d4100610a6200", "h|0|X-A|a\nb||||", 0,
	  "0000000a 68 582d4100610a096200" },
	{ "INSHEADER", "0000000b 69 00000000582d49003000", "i|0|X-I|0||||", 0, NULL },
	{ "CHGHEADER", "0000000d 6d 00000002582d43006e657700", "m|2|X-C|new||||", 0, NULL },
	{ "CHGHEADER that deletes", "0000000a 6d 00000001582d440000", "m|1|X-D|||||", 0, NULL },
	{ "ADDRCPT", "00000007 2b 3c6e40783e00", "+|0|||<n@x>|||", 5, NULL },
	{ "ADDRCPT, no NUL", "00000006 2b 3c6e40783e", "+|0|||<n@x>|||", 4,
	  "00000007 2b 3c6e40783e00" },
	{ "ADDRCPT, no brackets", "00000005 2b 6e407800", "+|0|||n@x|||", 3,
	  "00000007 2b 3c6e40783e00" },
	{ "ADDRCPT_PAR", "00000014 32 3c7040783e004e4f544946593d4e4556455200",
	  "2|0|||<p@x>|NOTIFY=NEVER||", 18, NULL },
	{ "ADDRCPT_PAR without", "00000007 32 3c7140783e00", "2|0|||<q@x>|||", 5, NULL },
	{ "DELRCPT", "0000000f 2d 3c6340642e6578616d706c653e00", "-|0|||<c@d.example>|||", 13,
	  NULL },
	{ "CHGFROM", "00000009 65 3c6e657740793e00", "e|0|||<new@y>|||", 7, NULL },
	{ "CHGFROM with arguments", "00000012 65 3c6e657740793e005245543d4844525300",
	  "e|0|||<new@y>|RET=HDRS||", 16, NULL },
	{ "QUARANTINE", "00000006 71 68656c6400", "q|0|||||held|", 5, NULL },
	{ "QUARANTINE, a LF", "00000004 71 610a00", "q|0|||||a\n|", 3, "00000004 71 613f00" },
	{ "REPLBODY", "00000006 62 68656c6c6f", "b|0||||||hello", 5, NULL },
	{ "REPLBODY, empty", "00000001 62", "b|0||||||", 0, NULL },

	{ "CONTINUE with more", "00000002 63 00", NULL, 0, NULL },
	{ "ADDHEADER, last NUL missing", "00000006 68 582d410031", NULL, 0, NULL },
	{ "ADDHEADER, no value", "00000005 68 582d4100", NULL, 0, NULL },
	{ "ADDHEADER, no name", "00000004 68 003100", NULL, 0, NULL },
	{ "ADDHEADER, a colon", "00000005 68 3a003100", NULL, 0, NULL },
	{ "INSHEADER, index alone", "00000005 69 00000000", NULL, 0, NULL },
	{ "ADDRCPT, nobody", "00000002 2b 00", NULL, 0, NULL },
	{ "ADDRCPT, a LF", "00000004 2b 610a00", NULL, 0, NULL },
	{ "ADDRCPT with arguments", "00000005 2b 61006200", NULL, 0, NULL },
	{ "CHGFROM, three texts", "00000007 65 610062006300", NULL, 0, NULL },
	{ "REPLYCODE, too short", "00000003 79 3939", NULL, 0, NULL },
	{ "REPLYCODE, empty", "00000001 79", NULL, 0, NULL },
	{ "REPLYCODE, no refusal", "00000008 79 3235302066696e", NULL, 0, NULL },
};

static void check_again(struct buf *out, const struct milter_reply *r, const char *hex)
{
	struct buf expected = buf_of(ROOM);

	put_hex(&expected, hex);
	buf_clear(out);
	assert_int_equal(milter_put_mended(out, r), ST_OK);
	assert_int_equal(out->n, expected.n);
	assert_memory_equal(out->p, expected.p, expected.n);
	buf_free(&expected);
}

static void test_replies(void **state)
{
	struct buf in = buf_of(ROOM), text = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct milter_packet packet;
		struct milter_reply r = { .kind = MILTER_CONN_FAIL };
		unsigned prefixes = 0;

		print_message("%s\n", replies[i].name);
		packet = packet_of(&in, replies[i].hex);
		if (replies[i].shown == NULL) {
			assert_int_equal(milter_reply_read(&packet, &r), ST_INVALID);
			assert_int_equal(r.kind, MILTER_CONN_FAIL);
			continue;
		}
		for (size_t n = 0; n < packet.data.n; n++) {
			struct milter_packet cut = { packet.letter, view_first(packet.data, n) };

			prefixes += milter_reply_read(&cut, &r) == ST_OK;
		}
		assert_int_equal(prefixes, replies[i].prefixes);
		assert_int_equal(milter_reply_read(&packet, &r), ST_OK);
		assert_string_equal(shown(&text, &r), replies[i].shown);
		check_again(&text, &r, replies[i].again ? replies[i].again : replies[i].hex);
	}
	buf_free(&in);
	buf_free(&text);
}

static void test_letters(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned letter = 0; letter < 256; letter++) {
		struct milter_packet packet = { (char)letter, VIEW("") };
		struct milter_reply r;

		known += milter_reply_read(&packet, &r) != ST_NOTFOUND;
	}
	assert_int_equal(known, 19);
}

/* Texts that the MTAs would refuse, or take for a final refusal. */
static const struct {
	const char *name;
	struct view text;
	enum milter_reply_kind kind;
	const char *mended;
} texts[] = {
	{ "a single percent sign", VIEW_INIT("451 4.7.1 50% gone"), MILTER_REPLYCODE,
	  "451 4.7.1 50%% gone" },
	{ "two", VIEW_INIT("451 4.7.1 50%% gone"), MILTER_REPLYCODE, "451 4.7.1 50%% gone" },
	{ "three", VIEW_INIT("451 4.7.1 %%% gone"), MILTER_REPLYCODE, "451 4.7.1 %%%% gone" },
	{ "8-bit", VIEW_INIT("550 5.7.1 gr\xc3\xbc\xc3\x9f"), MILTER_REPLYCODE,
	  "550 5.7.1 gr????" },
	{ "control octets", VIEW_INIT("550 5.7.1 \x1b[0m"), MILTER_REPLYCODE, "550 5.7.1 ?[0m" },
	{ "classes differ", VIEW_INIT("451 5.7.1 what"), MILTER_TEMPFAIL, NULL },
	{ "a bare LF", VIEW_INIT("551 5.7.1 a\nb"), MILTER_REJECT, NULL },
	{ "code alone", VIEW_INIT("550"), MILTER_REJECT, NULL },
};

static void test_mended_texts(void **state)
{
	struct buf out = buf_of(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct milter_reply r = { .kind = MILTER_REPLYCODE, .text = texts[i].text };
		struct milter_packet packet;
		size_t used;

		print_message("%s\n", texts[i].name);
		buf_clear(&out);
		assert_int_equal(milter_put_mended(&out, &r), ST_OK);
		assert_int_equal(milter_scan(buf_view(&out), MILTER_DATA_MAX, &packet, &used),
		                 ST_OK);
		assert_int_equal((unsigned char)packet.letter, texts[i].kind);
		if (texts[i].mended != NULL)
			assert_view(view_first(packet.data, packet.data.n - 1), texts[i].mended);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),  cmocka_unit_test(test_refused_commands),
		cmocka_unit_test(test_long_body), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_lists),     cmocka_unit_test(test_replies),
		cmocka_unit_test(test_letters),   cmocka_unit_test(test_mended_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
