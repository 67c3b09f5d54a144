/* The table of statements. A new one is a row, and where its form is new a reader and a printer. */
#include "conf/statements.h"

#include <stddef.h>
#include <stdio.h>

enum form {
	FORM_FLAG,
	FORM_TIME,
	FORM_STRING,
	FORM_NUMBER,
	FORM_BITS,
	FORM_OWN, /* read and, unless NULL, print */
};

struct statement {
	const char *name;
	enum form form;
	size_t at;   /* of the value within struct conf_options */
	int64_t max; /* FORM_NUMBER, FORM_BITS */
	enum status (*read)(struct parser *p, const struct token *word);
	enum status (*print)(const struct conf_options *o, struct buf *out);
	const char *without; /* why it has no effect, or NULL */
	const char *help;
};

/* milter-greylist takes times below nothing, which only dumpfreq has a meaning for. */
static enum status read_time(struct parser *p, const char *name, const char *what, int64_t *out)
{
	enum status st = parser_duration(p, what, out);

	if (st == ST_OK && *out < 0 && strcmp(name, "dumpfreq") != 0) {
		parser_warn(p, "%s is less than nothing, and is taken as 0s", name);
		*out = 0;
	}
	return st;
}

/* autowhite T, and Greylag's autowhite clients N. */
static enum status read_autowhite(struct parser *p, const struct token *word)
{
	(void)word;
	if (parser_accept(p, "clients")) {
		enum status st = parser_number(p, "a number of passes", INT32_MAX,
		                               &p->options->autowhite_clients);

		if (st == ST_OK && parser_accept(p, "every"))
			st = parser_duration(p, "a duration (1h)", &p->options->autowhite_every);
		return st;
	}
	return read_time(p, "autowhite", "a duration (1d, 12h) or clients", &p->options->autowhite);
}

static enum status print_autowhite(const struct conf_options *o, struct buf *out)
{
	enum status st = buf_printf(out, "autowhite %llds\n", (long long)o->autowhite);

	if (st == ST_OK)
		st = buf_printf(out, "autowhite clients %lld every %llds\n",
		                (long long)o->autowhite_clients, (long long)o->autowhite_every);
	return st;
}

enum status statement_choice(struct parser *p, const char *const *words, unsigned *out)
{
	char text[256] = "";
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);
	struct guess g = guess_of(t.text);
	size_t n = 0;

	if (st != ST_OK)
		return st;
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (token_is(&t, words[i])) {
			lex_take(&p->lex, &t);
			*out = i;
			return ST_OK;
		}
		guess_try(&g, words[i]);
		if (n + strlen(words[i]) + 3 < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? ", " : "",
			                      words[i]);
	}
	if (t.kind == TOKEN_WORD && g.best != NULL)
		return parser_refuse(p, &t, "unknown word '%.*s'; did you mean '%s'?",
		                     VIEW_ARG(t.text), g.best);
	return parser_expected(p, &t, text);
}

enum status statement_print_strings(struct buf *out, const char *name, const char *one,
                                    const char *two)
{
	enum status st;

	if (one == NULL)
		return ST_OK;
	st = buf_printf(out, "%s ", name);
	if (st == ST_OK)
		st = print_string(out, view_of(one));
	if (st == ST_OK && two != NULL)
		st = buf_byte(out, ' ');
	if (st == ST_OK && two != NULL)
		st = print_string(out, view_of(two));
	return st == ST_OK ? buf_byte(out, '\n') : st;
}

static const char *const report_words[] = { "none", "delays", "nodelays", "all", NULL };

static enum status read_report(struct parser *p, const struct token *word)
{
	unsigned i = REPORT_ALL;
	enum status st = statement_choice(p, report_words, &i);

	(void)word;
	p->options->report = (enum conf_report)i;
	return st;
}

static enum status print_report(const struct conf_options *o, struct buf *out)
{
	return buf_printf(out, "report %s\n", report_words[o->report]);
}

static const char *const style_words[] = { "greylag", "postgrey", "milter-greylist", NULL };

static enum status read_style(struct parser *p, const struct token *word)
{
	unsigned i = 0;
	enum status st = statement_choice(p, style_words, &i);

	(void)word;
	p->options->face = (enum conf_face)i;
	return st;
}

static enum status print_style(const struct conf_options *o, struct buf *out)
{
	return o->face != CONF_GREYLAG ? buf_printf(out, "style %s\n", style_words[o->face])
	                               : ST_OK;
}

static const char *const level_words[] = { "crit", "error", "warning", "notice",
	                                   "info", "debug", NULL };

static enum status read_level(struct parser *p, const struct token *word)
{
	enum log_level level = LOG_LEVEL_NOTICE;
	unsigned i = 0;
	enum status st = statement_choice(p, level_words, &i);

	(void)word;
	if (st == ST_OK && log_level_parse(view_of(level_words[i]), &level) == ST_OK)
		p->options->log_level = (int)level;
	return st;
}

static enum status print_level(const struct conf_options *o, struct buf *out)
{
	enum log_level level;

	for (unsigned i = 0; level_words[i] != NULL && o->log_level >= 0; i++)
		if (log_level_parse(view_of(level_words[i]), &level) == ST_OK &&
		    (int)level == o->log_level)
			return buf_printf(out, "loglevel %s\n", level_words[i]);
	return ST_OK;
}

static enum status read_window(struct parser *p, const struct token *word)
{
	(void)word;
	return parser_duration(p, "a duration (2d, 6h)", &p->options->retry_window);
}

static enum status print_window(const struct conf_options *o, struct buf *out)
{
	return o->retry_window != ACL_UNSET
	               ? buf_printf(out, "retry_window %llds\n", (long long)o->retry_window)
	               : ST_OK;
}

static const char *const scope_words[] = { "session", "command", "comand", NULL };

static enum status read_scope(struct parser *p, const struct token *word)
{
	unsigned i = 0;
	enum status st = statement_choice(p, scope_words, &i);

	(void)word;
	p->options->tarpit_scope = i == 0 ? ACL_SCOPE_SESSION : ACL_SCOPE_COMMAND;
	return st;
}

static enum status print_scope(const struct conf_options *o, struct buf *out)
{
	return buf_printf(out, "tarpit_scope %s\n",
	                  o->tarpit_scope == ACL_SCOPE_COMMAND ? "command" : "session");
}

static const char *const facility_words[] = {
	"kern",   "user",   "mail",   "daemon", "auth",   "authpriv", "syslog", "lpr",
	"news",   "uucp",   "cron",   "ftp",    "local0", "local1",   "local2", "local3",
	"local4", "local5", "local6", "local7", "none",   NULL,
};

static enum status read_logfac(struct parser *p, const struct token *word)
{
	unsigned i = 0;
	enum status st = statement_choice(p, facility_words, &i);

	(void)word;
	if (st == ST_OK) {
		p->options->logfac = facility_words[i];
		p->options->no_syslog = facility_words[i + 1] == NULL;
	}
	return st;
}

static enum status print_logfac(const struct conf_options *o, struct buf *out)
{
	return o->logfac != NULL ? buf_printf(out, "logfac %s\n", o->logfac) : ST_OK;
}

static enum status read_stat(struct parser *p, const struct token *word)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)word;
	if (st == ST_OK)
		st = parser_string(p, "where to: \">file\", \">>file\" or \"|command\"",
		                   &p->options->stat_to);
	if (st == ST_OK)
		st = parser_string(p, "a format", &p->options->stat_format);
	if (st == ST_OK && p->options->stat_to[0] != '>' && p->options->stat_to[0] != '|')
		parser_warn(p, "stat writes nothing: its target begins with neither '>' nor '|'");
	return st;
}

static enum status print_stat(const struct conf_options *o, struct buf *out)
{
	return statement_print_strings(out, "stat", o->stat_to, o->stat_format);
}

static enum status read_extended(struct parser *p, const struct token *word)
{
	(void)word;
	if (!p->extended)
		parser_item(p, &(struct conf_item){ .kind = ITEM_EXTENDED });
	p->extended = true;
	return ST_OK;
}

static enum status read_testmode(struct parser *p, const struct token *word)
{
	(void)word;
	if (!p->options->testmode)
		parser_item(p, &(struct conf_item){ .kind = ITEM_TESTMODE });
	p->options->testmode = true;
	return ST_OK;
}

static enum status read_maxpeek(struct parser *p, const struct token *word)
{
	enum status st = parser_number(p, "a number of octets", INT64_MAX / 1024, &p->maxpeek);

	(void)word;
	parser_item(p, &(struct conf_item){ .kind = ITEM_MAXPEEK, .number = p->maxpeek });
	return st;
}

static const char *const source_words[] = { "net", "rdns", "spf", NULL };

static enum status read_source(struct parser *p, const struct token *word)
{
	enum status st;
	unsigned i = 0;

	(void)word;
	p->options->source = 0;
	do {
		st = statement_choice(p, source_words, &i);
		p->options->source |= 1u << i;
	} while (st == ST_OK && parser_accept(p, ","));
	return st;
}

static enum status print_source(const struct conf_options *o, struct buf *out)
{
	const char *sep = "source ";
	enum status st = ST_OK;

	for (unsigned i = 0; source_words[i] != NULL && st == ST_OK; i++) {
		if ((o->source >> i & 1) == 0)
			continue;
		st = buf_printf(out, "%s%s", sep, source_words[i]);
		sep = ", ";
	}
	return st == ST_OK && o->source != 0 ? buf_byte(out, '\n') : st;
}

static const char *const failure_words[] = { "ignore", "tempfail", NULL };

static enum status read_onfailure(struct parser *p, const struct token *word)
{
	unsigned i = 0;
	enum status st = statement_choice(p, failure_words, &i);

	(void)word;
	p->options->tempfail = i == 1;
	return st;
}

static enum status print_onfailure(const struct conf_options *o, struct buf *out)
{
	return o->tempfail ? buf_append(out, VIEW("onfailure tempfail\n")) : ST_OK;
}

static enum status read_authentication(struct parser *p, const struct token *word)
{
	struct token t;
	enum status st = parser_peek(p, LEX_WORD, &t);

	(void)word;
	p->options->authentication_results = true;
	if (st != ST_OK || t.kind != TOKEN_STRING)
		return st;
	st = parser_string(p, "the name that we write there", &p->options->authserv_id);
	if (st == ST_OK && p->options->authserv_id[0] == '\0')
		return parser_refuse(p, &t, "the name is empty");
	return st;
}

static enum status print_authentication(const struct conf_options *o, struct buf *out)
{
	if (!o->authentication_results)
		return ST_OK;
	return o->authserv_id != NULL ? statement_print_strings(out, "authentication_results",
	                                                        o->authserv_id, NULL)
	                              : buf_append(out, VIEW("authentication_results\n"));
}

static enum status read_tarpit(struct parser *p, const struct token *word)
{
	(void)word;
	parser_warn(p, "tarpit as a statement has no effect: write it in a rule, as in "
	               "\"racl whitelist tarpit 125s\"");
	return parser_duration(p, "a duration (65s, 2m)", &p->options->tarpit);
}

static enum status print_tarpit(const struct conf_options *o, struct buf *out)
{
	return o->tarpit != ACL_UNSET ? buf_printf(out, "tarpit %llds\n", (long long)o->tarpit)
	                              : ST_OK;
}

#define AT(field) offsetof(struct conf_options, field)

#define FLAG(field, help_)                                                                         \
	{                                                                                          \
#field, FORM_FLAG, AT(field), 0, NULL, NULL, NULL, help_                           \
	}
#define STRING(field, help_)                                                                       \
	{                                                                                          \
#field, FORM_STRING, AT(field), 0, NULL, NULL, NULL, help_                         \
	}
#define TIMED(field, help_)                                                                        \
	{                                                                                          \
#field, FORM_TIME, AT(field), 0, NULL, NULL, NULL, help_                           \
	}
#define IDLE(field, form_, why, help_)                                                             \
	{                                                                                          \
#field, form_, AT(field), INT32_MAX, NULL, NULL, why, help_                        \
	}
#define OWN(name_, read_, print_, help_)                                                           \
	{                                                                                          \
		name_, FORM_OWN, 0, 0, read_, print_, NULL, help_                                  \
	}
#define OWN_IDLE(name_, read_, print_, why, help_)                                                 \
	{                                                                                          \
		name_, FORM_OWN, 0, 0, read_, print_, why, help_                                   \
	}

#define NO_PEERS "peers are not talked to in this version"
#define NO_DAT   "the old .dat format is not read; name an .mmdb file with geoip2db"

/* clang-format off */
static const struct statement statements[] = {
	OWN("socket", statement_read_milter, statement_print_milter, "a milter door; may repeat"),
	OWN("policy", statement_read_policy, statement_print_policy, "a policy door; may repeat"),
	OWN("store", statement_read_store, statement_print_store, "where the memory is kept"),
	TIMED(store_timeout, "how long an answer waits for the memory; then the mail passes"),
	FLAG(privacy, "the memory keeps keyed hashes, not addresses"),
	FLAG(fold_srs, "a forwarder's SRS sender counts as the same from day to day"),
	OWN("style", read_style, print_style,
	    "whose log lines, reply texts and header: greylag, postgrey, milter-greylist"),
	STRING(hostname, "our own name"),
	STRING(greylist_action, "the policy door's action that defers"),
	STRING(greylist_text, "its text, in Postgrey's form: %s seconds missing, %r the recipient's domain"),
	STRING(greylist_header, "the header of delayed mail, in Postgrey's form: %t seconds, %v, %d, %h"),
	FLAG(exim, "a policy connection is closed after its answer"),
	FLAG(test_clock, "requests may set their clock; for tests alone"),
	STRING(user, "run as NAME[:GROUP]"),
	STRING(pidfile, "where the process's number is written"),
	OWN("dumpfile", statement_read_dumpfile, statement_print_dumpfile,
	    "milter-greylist's data base: read once, into a memory that is new"),
	IDLE(dumpfreq, FORM_TIME, NULL, "between dumps"),
	FLAG(dump_no_time_translation, "no times for people in a dump"),
	{ "max_connections", FORM_NUMBER, AT(max_connections), 1000000, NULL, NULL, NULL,
	  "policy connections that may be open" },
	{ "max_message_memory", FORM_NUMBER, AT(max_message_memory), INT64_MAX / 1024, NULL, NULL, NULL,
	  "octets of messages that are kept for their end, all together" },
	{ "listen_backlog", FORM_NUMBER, AT(listen_backlog), 65535, NULL, NULL, NULL,
	  "connections that may wait to be accepted; 0: the system's own bound" },
	{ "workers", FORM_NUMBER, AT(workers), 256, NULL, NULL, NULL, "loops; 0: one a core" },
	{ "tarpit_budget", FORM_NUMBER, AT(tarpit_budget), INT32_MAX, NULL, NULL, NULL,
	  "answers that may be held at once" },
	{ "stress", FORM_NUMBER, AT(stress), INT32_MAX, NULL, NULL, NULL,
	  "milter sessions that make the clause of this name hold; 0: none do" },
	FLAG(nodetach, "stay in the foreground"),
	FLAG(verbose, "debug messages"),
	FLAG(quiet, "do not tell how long to wait"),
	FLAG(log_rules, "log how the rules are evaluated; at level debug"),
	OWN("loglevel", read_level, print_level, "crit, error, warning, notice, info or debug"),
	OWN("logfac", read_logfac, print_logfac, "syslog's facility"),
	FLAG(logexpired, "log pending tuples that timed out"),
	TIMED(greylist, "the wait of a new tuple"),
	OWN("autowhite", read_autowhite, print_autowhite,
	    "how long a pass is remembered; clients N: auto-allow after N passes"),
	TIMED(timeout, "how long a tuple may come back after its wait"),
	OWN("retry_window", read_window, print_window,
	    "how long it may come back, counted from its first try; instead of timeout"),
	{ "retries", FORM_NUMBER, AT(retries), INT32_MAX, NULL, NULL, NULL,
	  "tries after the wait that are needed to pass" },
	FLAG(lazyaw, "a pass frees the client's address whatever the sender"),
	{ "subnetmatch", FORM_BITS, AT(subnetmatch), 32, NULL, NULL, NULL, "IPv4 network in a tuple" },
	{ "subnetmatch6", FORM_BITS, AT(subnetmatch6), 128, NULL, NULL, NULL, "IPv6 network in a tuple" },
	OWN("source", read_source, print_source, "what may stand for a client: spf, rdns, net"),
	OWN("tarpit", read_tarpit, print_tarpit, "without effect"),
	OWN("tarpit_scope", read_scope, print_scope, "tarpits add up in a session, or are one each"),
	OWN("onfailure", read_onfailure, print_onfailure,
	    "tempfail: a fact that can't be found is a temporary failure"),
	FLAG(delayedreject, "null senders are refused after the message"),
	OWN("testmode", read_testmode, NULL, "what nothing matches is let in"),
	FLAG(noauth, "authentication exempts nobody"),
	FLAG(noaccessdb, "the MTA's {greylist} macro is ignored"),
	FLAG(nospf, "an SPF pass exempts nobody"),
	OWN("extendedregex", read_extended, NULL, "expressions below are POSIX extended ones"),
	FLAG(domainexact, "a domain matches at the border of a label only"),
	FLAG(helo_substring, "helo \"s\" is a part of the name, with case"),
	FLAG(unbracket, "the reverse name stands for \"[address]\" once confirmed"),
	FLAG(multiracl, "always so"),
	OWN("report", read_report, print_report, "to which messages X-Greylist is added"),
	OWN("authentication_results", read_authentication, print_authentication,
	    "Authentication-Results is added, in our name or this one, and forged ones go"),
	FLAG(received_spf, "Received-SPF is added"),
	OWN("stat", read_stat, print_stat, "statistics lines: where to, and a format"),
	OWN("maxpeek", read_maxpeek, NULL, "octets of content for the rules below"),
	TIMED(dns_timeout, "how long a look-up in the DNS may take; then nobody knows"),
	OWN("resolver", statement_read_resolver, statement_print_resolver,
	    "recursive, or the DNS server that is asked, \"ADDRESS@PORT\"; may repeat"),
	OWN("localaddr", statement_read_localaddr, statement_print_localaddr, "our own address"),
	OWN_IDLE("peer", statement_read_peer, statement_print_peers, NO_PEERS, "shares the memory"),
	OWN_IDLE("syncaddr", statement_read_syncaddr, statement_print_syncaddr, NO_PEERS, "where peers come in"),
	OWN_IDLE("syncsrcaddr", statement_read_syncaddr, NULL, NO_PEERS, "from where peers are called"),
	IDLE(syncmaxqlen, FORM_NUMBER, NO_PEERS, "changes that wait for a peer"),
	OWN_IDLE("drac", statement_read_drac, statement_print_drac, "DRAC is not asked in this version", "POP before SMTP"),
	FLAG(nodrac, "DRAC exempts nobody"),
	IDLE(geoipdb, FORM_STRING, NO_DAT, "an old data base of countries"),
	IDLE(geoipv6db, FORM_STRING, NO_DAT, "the same for IPv6"),
	STRING(geoip2db, "the data base of countries"),
	STRING(p0fsock, "p0f's socket"),
	TIMED(urlcheck_timeout, "how long a urlcheck may take; then nobody knows"),
	OWN("spamdsock", statement_read_spamdsock, statement_print_spamdsock,
	    "SpamAssassin's daemon; several are tried in order"),
	FLAG(spamd_headers, "each mail that is let in is scanned, and gets the headers X-Spam-..."),
	TIMED(spamd_timeout, "how long a scan may take; then nobody knows"),
	OWN("spamd_user", statement_read_spamd_user, statement_print_spamd_user,
	    "whose preferences count: none, or those of the sole recipient, or of its local part"),
	OWN("ldapconf", statement_read_ldapconf, statement_print_ldap, "LDAP servers, tried in order"),
	OWN("bogofilter", statement_read_bogofilter, statement_print_bogofilter,
	    "a command that says what Bogofilter thinks of a message"),
	FLAG(bogofilter_headers, "each mail that is let in is scanned, and gets the header X-Bogosity"),
	FLAG(fixldapcheck, "an ldapcheck matches when entries were found"),

	OWN("include", statement_read_include, NULL, "another file's statements, in this place"),
	OWN("milter", statement_read_child, NULL,
	    "a milter that is asked in turn"),
	OWN("racl", parser_rule, NULL, "a rule for each recipient"),
	OWN("dacl", parser_rule, NULL, "a rule for the end of the message"),
	OWN("acl", parser_rule, NULL, "racl, as it was once"),
	OWN("addr", parser_legacy, NULL, "lets the address in"),
	OWN("from", parser_legacy, NULL, "lets the sender in"),
	OWN("rawfrom", parser_legacy, NULL, "lets the sender in"),
	OWN("rcpt", parser_legacy, NULL, "lets mail to the recipient in"),
	OWN("domain", parser_legacy, NULL, "lets the client in"),
	OWN("clients", parser_file_rule, NULL, "lets the clients of a file in"),
	OWN("recipients", parser_file_rule, NULL, "lets mail to the recipients of a file in"),
	OWN("list", parser_definition, NULL, "a list"),
	OWN("condition", parser_definition, NULL, "a condition that has a name"),
	OWN("dnsrbl", parser_definition, NULL, "a DNS list"),
	OWN("dnswl", parser_definition, NULL, "a DNS list that speaks for the client"),
	OWN("sm_macro", parser_definition, NULL, "a test of an MTA macro"),
	OWN("ratelimit", parser_definition, NULL, "a limit"),
	OWN("urlcheck", parser_definition, NULL, "a question to a web server"),
	OWN("ldapcheck", parser_definition, NULL, "a question to a directory"),
	OWN("tsig", parser_definition, NULL, "a key for DNS updates"),
	OWN("nsupdate", parser_definition, NULL, "a DNS update"),
};
/* clang-format on */

#define STATEMENTS (sizeof(statements) / sizeof(statements[0]))

const struct statement *statement_find(struct view name)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (view_eq_nocase(view_of(statements[i].name), name))
			return &statements[i];
	return NULL;
}

const char *conf_statement_name(size_t i)
{
	return i < STATEMENTS ? statements[i].name : NULL;
}

const char *conf_statement_help(size_t i)
{
	return i < STATEMENTS ? statements[i].help : NULL;
}

enum status statement_read(const struct statement *s, struct parser *p, const struct token *word)
{
	void *at = (char *)p->options + s->at;

	if (s->without != NULL)
		parser_warn(p, "%s has no effect: %s", s->name, s->without);
	switch (s->form) {
	case FORM_FLAG: *(bool *)at = true; return ST_OK;
	case FORM_TIME: return read_time(p, s->name, "a duration (30s, 5m, 2h)", at);
	case FORM_STRING: return parser_string(p, "a \"string\"", at);
	case FORM_NUMBER: return parser_number(p, "a number", s->max, at);
	case FORM_BITS: return parser_bits(p, s->max, at);
	case FORM_OWN: return s->read(p, word);
	}
	return ST_INVALID;
}

static enum status print_one(const struct statement *s, const struct conf_options *o,
                             struct buf *out)
{
	const void *at = (const char *)o + s->at;

	switch (s->form) {
	case FORM_FLAG: return *(const bool *)at ? buf_printf(out, "%s\n", s->name) : ST_OK;
	case FORM_TIME: return buf_printf(out, "%s %llds\n", s->name, *(const long long *)at);
	case FORM_STRING:
		return statement_print_strings(out, s->name, *(const char *const *)at, NULL);
	case FORM_NUMBER: return buf_printf(out, "%s %lld\n", s->name, *(const long long *)at);
	case FORM_BITS: return buf_printf(out, "%s /%lld\n", s->name, *(const long long *)at);
	case FORM_OWN: return s->print != NULL ? s->print(o, out) : ST_OK;
	}
	return ST_INVALID;
}

enum status statements_print(const struct conf_options *o, struct buf *out)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < STATEMENTS && st == ST_OK; i++)
		st = print_one(&statements[i], o, out);
	return st;
}
