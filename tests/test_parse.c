#include "test.h"

#include <stdlib.h>

#include "acl/rule.h"
#include "conf/conf.h"
#include "conf/lex.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "util/nameset.h"
#include "util/netset.h"

struct reader {
	unsigned warnings;
	char last[400];
};

/* The files that the configurations here name. */
static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "/nets", "192.0.2.0/24 # ours\n\n2001:db8::/32 198.51.100.7\n" },
	{ "/broken", "192.0.2.0/24\n192.0.2.300\n" },
	{ "/clients", "example.com\n203.0.113\n/^mx\\d+\\./\n" },
	{ "/bad-clients", "example.com\n/(/\n" },
	{ "/regexp",
	  "# a comment\n/^unknown$/ OK\n/\\.example\\.net$/\n\tOK\nif /x/\n/y/ DUNNO\nendif\n" },
	{ "/bad-if", "if /x/\n/y/ OK\n" },
	{ "/cidr", "203.0.113.0/24 OK\n" },
	{ "/hash", "example.org OK\nbob@ OK\nexample.net DUNNO\n" },
};

static enum status read_file(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return buf_append(out, view_of(files[i].text));
	diag_set(why, "%s: no such file", path);
	return ST_NOTFOUND;
}

static void take_warning(void *arg, const struct diag *warning)
{
	struct reader *r = arg;

	r->warnings++;
	diag_format(warning, r->last, sizeof(r->last));
}

static enum status parse_view(struct view text, struct reader *r, struct conf **out,
                              struct diag *why)
{
	const struct conf_source source = { .text = text,
		                            .name = "test.conf",
		                            .read_file = read_file,
		                            .warn = take_warning,
		                            .arg = r };

	*out = NULL;
	return conf_parse(&source, out, why);
}

static struct conf *parse(const char *text)
{
	struct reader r = { 0 };
	struct diag why = { 0 };
	struct conf *c = NULL;

	if (parse_view(view_of(text), &r, &c, &why) != ST_OK)
		fail_msg("%s\n%u:%u: %s", text, why.line, why.column, why.text);
	return c;
}

static const struct acl_rule *rule_at(const struct conf *c, enum acl_stage stage, unsigned n)
{
	const struct acl_rule *r = c->acl->rules[stage];

	while (n-- > 0 && r != NULL)
		r = r->next;
	return r;
}

/* Everything of the grammar, once: what the original takes must be taken. */
static const char *const good[] = {
	"",
	"\n\n# only a comment",
	"\xef\xbb\xbf# with a byte order mark\nverbose\n",
	"verbose\nquiet\nnoauth\nnoaccessdb\nnospf\nnodrac\nnodetach\nlazyaw\ntestmode\n"
	"delayedreject\ndomainexact\nextendedregex\ndump_no_time_translation\nlogexpired\n"
	"fixldapcheck\nmultiracl\nunbracket\n",
	"VERBOSE\nQuiet\n",
	"greylist 30m\nautowhite 3d\ntarpit 20\ntimeout 600\ndumpfreq -1\n",
	"greylist: 1h\nautowhite: 1d\ntimeout: 5d\ndumpfreq: 10m\n",
	"pidfile \"/run/x.pid\"\ndumpfile \"/var/x.db\" 640\nsocket \"/run/x.sock\" 0660\nuser "
	"\"a:b\"\n",
	"socket \"inet:7070@127.0.0.1\"\n",
	"socket \"inet6:7070@[::1]\"\n",
	"socket \"local:/run/x\"\n",
	"socket \"inet:7070@127.0.0.1\"\nsocket \"/run/x\" 0660\nsocket \"/run/y\" group \"g\"\n",
	"subnetmatch /24\nsubnetmatch6 /64\nsubnetmatch: /16\n",
	"report none\nreport delays\nreport nodelays\nreport: all\n",
	"logfac mail\nlogfac local7\nlogfac none\n",
	"stat \">>/var/log/x\" \"%T{%T} %d\\n\"\n",
	"syncaddr * port 5252\nsyncsrcaddr 192.0.2.1\nsyncaddr 2001:db8::1 port 7\nsyncmaxqlen "
	"2k\n",
	"peer 192.0.2.1\npeer 2001:db8::1 timeout 5s\npeer mx2.example timeout 7\npeer: mx3\n",
	"maxpeek 64k\nlocaladdr 192.0.2.1\ndrac db \"/x\"\n",
	"geoipdb \"/x\"\ngeoipv6db \"/y\"\ngeoip2db \"/z\"\np0fsock \"/x\"\n",
	"spamdsock inet \"localhost:783\"\nspamdsock unix \"/x\"\n",
	"spamdsock inet \"a\" \"[::1]:78\" \"192.0.2.1:1783\"\nspamd_headers\nspamd_timeout 20s\n"
	"spamd_user none\nspamd_user recipient\nspamd_user local \"nobody\"\nspamd_user none "
	"\"x\"\n",
	"bogofilter \"exec bogofilter -v\"\nbogofilter \"x\" timeout 5s children 2\n"
	"bogofilter_headers\nurlcheck_timeout 3s\n"
	"dacl greylist bogofilter > 0.99 bogofilter <= 1 bogofilter != 0.000001 bogofilter spam\n"
	"dacl greylist bogofilter ham\ndacl greylist bogofilter UNSURE\n",
	"ldapconf \"ldap://x ldap://y\" timeout 3s binddn \"cn=a\" bindpw \"b\"\nldapconf "
	"\"ldap://z\" 5\n",
	"tarpit_scope session\ntarpit_scope command\ntarpit_scope comand\n",
	"addr 192.0.2.1\naddr: 192.0.2.0/24\naddr 2001:db8::/32\nfrom a@example\nrawfrom /x/\n"
	"rcpt: b@example\ndomain example.com\ndomain /x/\n",
	"acl greylist addr 192.0.2.1\nacl whitelist default\nacl blacklist from a@example\n",
	"racl \"id\" greylist default delay 5m autowhite 3d tarpit_scope comand code \"450\" "
	"ecode \"4.7.1\" msg \"come back in %R\" report \"x\" addfooter \"y\" subjtag \"z\" "
	"addheader \"X-A: b\", 1 flushaddr nolog maxpeek 10k\n",
	"racl continue addr 192.0.2.1 addheader \"X: y\"\n",
	"racl whitelist not addr 192.0.2.1 no domain x.example ! from /x/ not not rcpt a@b\n",
	"racl whitelist addr 192.0.2.1 domain a.b domain /x/ helo \"a\" helo /b/ from a@b from /c/ "
	"rawfrom a@b rawfrom /c/ rcpt a@b rcpt /c/ rcpt d@e\n",
	"racl whitelist auth \"x\" auth /y/ tls \"x\" tls /y/ p0f \"x\" p0f /y/\n",
	"dacl greylist header \"x\" header /y/ header $p body \"x\" body /y/ body $p\n",
	"dacl greylist msgsize > 10k rcptcount >= 3 spamd > 5 spamd msgsize == $p spamd <= $q\n",
	"racl greylist rcptcount > 5\nracl whitelist spf\nracl whitelist spf pass\n"
	"racl greylist spf self spf unknown spf error spf none spf softfail spf neutral\n",
	"dacl whitelist dkim pass dkim none\n",
	"authentication_results\nreceived_spf\ndacl blacklist dmarc reject dmarc fail\n",
	"authentication_results \"mx.example.org\"\n",
	"racl greylist mx /24 geoip \"JP\" time \"0-59/5 * 1,15 1-12 0-7\"\n",
	"racl whitelist $p \"x\" $p /y/ $p == 5 $p >= $q *$p \"z\"\n",
	"racl continue set $p = \"x\" set $p += 1 rset $p -= 2 set $p = $q set $x-=1 log \"hi\"\n",
	"list \"a\" addr { 192.0.2.1 10.0.0.0/8 2001:db8::/32 }\nracl whitelist list \"a\"\n",
	"list \"a\" from { a@b /c/ }\nlist \"b\" rawfrom { a@b }\nlist \"c\" rcpt { a@b }\n"
	"list \"d\" domain { a.b /c/ .mx }\nlist \"e\" helo { \"a\" /b/ }\nlist \"f\" header { "
	"\"a\" }\n"
	"list \"g\" body { /x/ }\nlist \"h\" auth { \"x\" }\nlist \"i\" tls { \"x\" }\n"
	"list \"j\" p0f { \"x\" /y/ }\nlist \"k\" geoip { \"JP\" \"US\" }\n"
	"list \"l\" time { \"* * * * *\" }\n",
	"dnsrbl \"x\" zone.example 127.0.0.2\ndnsrbl \"y\" zone.example 127.0.0.0/8\n"
	"list \"l\" dnsrbl { \"x\" \"y\" }\nracl greylist dnsrbl \"x\" list \"l\"\n",
	"dnsrbl \"x\" zone.example 127.0.0.2 weight 3\ndnswl \"x\" zone.example 127.0.0.0/16 "
	"weight "
	"1000\ndnswl \"y\" z.example 127.0.0.1\nlist \"l\" dnswl { \"x\" \"y\" }\n"
	"racl whitelist dnswl \"x\" list \"l\"\nracl greylist dnsbl score >= 3 dnsbl score < $p\n"
	"racl whitelist not dnsbl score > -2\n",
	"sm_macro \"a\" \"{x}\" \"v\"\nsm_macro \"b\" \"{x}\" /v/\nsm_macro \"c\" \"i\" unset\n"
	"list \"l\" sm_macro { \"a\" \"b\" }\nracl whitelist sm_macro \"c\"\n",
	"ratelimit \"a\" rcpt 10 / 1m\nratelimit \"b\" session 10/1m key \"%f\"\n"
	"ratelimit \"c\" data 1M / 3600\nracl blacklist ratelimit \"a\"\n",
	"urlcheck \"u\" \"http://x/%r\" 5 getprop clear postmsg noencode fork\n"
	"list \"l\" urlcheck { \"u\" }\nracl greylist urlcheck \"u\"\n",
	"ldapcheck \"u\" \"ldap://x/dc?mail?sub?(mail=%r)\" domatch noescape clear\n"
	"racl greylist ldapcheck \"u\"\n",
	"tsig \"k\" \"hmac-md5\" \"AAAA\"\nnsupdate \"n\" { servers \"192.0.2.1\" rname \"x\" "
	"rvalue \"%i\" "
	"ttl 1h class 1 type 1 tsig \"k\" }\nracl continue nsupdate \"n\"\n",
	/* Greylag's own. */
	"policy \"inet:127.0.0.1:10023\"\npolicy \"unix:/run/x\" 666\npolicy "
	"\"inet:[::1]:10023\"\n",
	"store lmdb \"/var/lib/greylag\"\nworkers 4\ntarpit_budget 100\nautowhite clients 5\n"
	"source spf, rdns, net\nonfailure tempfail\nhelo_substring\n",
	"resolver recursive\nresolver recursive\n",
	"resolver \"127.0.0.1\"\nresolver: \"192.0.2.1@5353\"\nresolver \"2001:db8::1@53\"\n",
	"racl greylist s25r\nracl greylist s25r 3\nlist \"x\" domain { a.b }\n"
	"racl greylist s25r except list \"x\"\nracl greylist s25r 1 except list \"x\"\n",
	"racl greylist rdns none\nracl greylist rdns unconfirmed\nracl greylist helo invalid\n"
	"racl greylist helo nonfqdn\nracl greylist helo self\nracl greylist helo literal\n"
	"racl greylist sender unresolvable\nracl whitelist known\nracl greylist stress\n",
	"list \"n\" addr file \"/nets\"\nracl whitelist list \"n\"\n",
	"clients file \"/clients\"\nrecipients file \"hash:/hash\"\n"
	"racl whitelist clients file \"regexp:/regexp\"\nracl whitelist clients file "
	"\"cidr:/cidr\"\n",
	/* Fussy only. */
	"racl greylist default delay 300\nracl whitelist domain mail\nracl whitelist domain no\n",
	"verbose\r\nquiet\r\n",
	"quiet # no line feed behind this",
	"quiet",
	"list \"a\" addr { \\\n\t192.0.2.1 \\ # one\n\t# two\n\t198.51.100.1\n}\n",
	"list \"a\" from {a@b c@d}\n",
	"list \"a\" addr {192.0.2.1}\n",
	"racl whitelist addr 192.0.2.1 \\ the rest is dropped\n from a@b\n",
	"racl whitelist addr 192.0.2.0 /24\n",
	"racl whitelist addr ::ffff:192.0.2.1\nracl whitelist addr fe80::1%eth0\n",
	"racl whitelist from !#$%&'*+/=?^_`{|}~.-@x from /x/\n",
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct conf *c = parse(good[i]);

		conf_unref(&c);
		assert_null(c);
	}
}

/* What is printed parses, and prints the same again. */
static void test_print_is_a_fixed_point(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf one = buf_of(100000), two = buf_of(100000);
		struct conf *c = parse(good[i]);

		assert_int_equal(conf_print(c, &one), ST_OK);
		conf_unref(&c);
		c = parse(buf_text(&one));
		assert_int_equal(conf_print(c, &two), ST_OK);
		conf_unref(&c);
		assert_string_equal(buf_text(&one), buf_text(&two));
		buf_free(&one);
		buf_free(&two);
	}
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		for (size_t n = 0; n < strlen(good[i]); n++) {
			/* Of its own size, so that a read behind the end is seen. */
			char *copy = malloc(n + (n == 0));
			struct reader r = { 0 };
			struct diag why = { 0 };
			struct conf *c = NULL;
			enum status st;

			assert_non_null(copy);
			memcpy(copy, good[i], n);
			st = parse_view((struct view){ copy, n }, &r, &c, &why);
			assert_true(st == ST_OK || (why.line > 0 && why.text[0] != '\0'));
			assert_true((st == ST_OK) == (c != NULL));
			conf_unref(&c);
			free(copy);
		}
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		unsigned column;
		const char *part;
	} cases[] = {
		{ "gryelist 5m\n", 1, 1, "did you mean 'greylist'" },
		{ "quiet\nracl whitelst default\n", 2, 6, "did you mean 'whitelist'" },
		{ "racl whitelist adr 192.0.2.1\n", 1, 16, "did you mean 'addr'" },
		{ "racl whitelist\n", 1, 15, "expected a clause, not the end of the line" },
		{ "racl whitelist", 1, 15, "expected a clause, not the end of the file" },
		{ "racl whitelist addr 192.0.2.300\n", 1, 21, "four numbers up to 255" },
		{ "racl whitelist addr 10/8\n", 1, 21, "as in 10.0.0.0/8" },
		{ "racl whitelist addr mx.example\n", 1, 21, "expected an IP address, not 'mx." },
		{ "racl whitelist addr [::1]\n", 1, 21, "begins with '['" },
		{ "racl whitelist addr IPv6:::1\n", 1, 21, "expected an IP address" },
		{ "racl whitelist addr 192.0.2.0/33\n", 1, 31, "at most 32 bits" },
		{ "racl whitelist addr ::1/129\n", 1, 25, "at most 128 bits" },
		{ "racl whitelist from foo\n", 1, 21, "expected an address name@domain or a /reg" },
		{ "racl whitelist from <a@b>\n", 1, 21, "without < and >" },
		{ "racl whitelist from \"a@b\"\n", 1, 21,
		  "name@domain or a /regular expression/, "
		  "not \"a@b\"" },
		{ "racl whitelist rcpt @b\n", 1, 21, "begins with '@'" },
		{ "racl whitelist domain \"a.b\"\n", 1, 23, "expected a domain" },
		{ "racl whitelist default addr 192.0.2.1 default\n", 1, 24, "'addr' is a clause" },
		{ "racl whitelist addr 192.0.2.1 default\n", 1, 31, "default stands alone" },
		{ "racl whitelist not default\n", 1, 20, "default stands alone" },
		{ "racl whitelist rcptcount = 5\n", 1, 26, "one of == != > < >= <=" },
		{ "racl whitelist rcptcount =< 5\n", 1, 26, "one of == != > < >= <=" },
		{ "racl whitelist rcptcount <> 5\n", 1, 27, "no such operator" },
		{ "racl whitelist rcptcount => 5\n", 1, 26, "one of == != > < >= <=" },
		{ "racl whitelist $p = \"x\"\n", 1, 19, "one of == != > < >= <=" },
		{ "greylist 5m:\n", 1, 12, "begins with ':'" },
		{ "racl whitelist from /x\n", 1, 21, "no '/' at its end" },
		{ "racl whitelist from //\n", 1, 21, "empty expression" },
		{ "racl whitelist helo \"x\n", 1, 21, "does not end on its line" },
		{ "racl whitelist default addr 192.0.2.1\n", 1, 24, "'addr' is a clause" },
		{ "racl whitelist addr 192.0.2.1 delay 1m from a@b\n", 1, 40,
		  "'from' is a clause" },
		{ "racl greylist default delay 1m delay 2m\n", 1, 32, "delay stands twice" },
		{ "racl greylist default delay\n", 1, 28, "expected a duration" },
		{ "racl greylist default delay 5x\n", 1, 29, "expected a duration" },
		{ "racl whitelist addr 192.0.2.1 addr 192.0.2.2\n", 1, 31, "stands twice" },
		{ "racl whitelist list \"x\"\nlist \"x\" addr { 192.0.2.1 }\n", 1, 21,
		  "no list \"x\"" },
		{ "list \"spammers\" addr { 192.0.2.1 }\nracl whitelist list \"spamers\"\n", 2, 21,
		  "did you mean \"spammers\"" },
		{ "list \"x\" addr { 192.0.2.1 }\nlist \"x\" addr { 192.0.2.1 }\n", 2, 6,
		  "already" },
		{ "list \"x\" addr { }\n", 1, 18, "empty" },
		{ "list \"x\" addr { 192.0.2.1, 192.0.2.2 }\n", 1, 26, "not commas" },
		{ "list \"x\" addr { 192.0.2.1\n", 1, 26,
		  "begun at line 1, has no '}' at its end" },
		{ "quiet\nlist \"x\" domain { a.b \\\n c.d\n\nracl whitelist list \"x\"\n", 3, 5,
		  "begun at line 2, has no '}' at its end" },
		{ "list \"x\" mx { /24 }\n", 1, 10, "what the list is of" },
		{ "list \"x\" domian { a.b }\n", 1, 10, "did you mean 'domain'" },
		{ "dnsrbl \"x\" \"zone\" 127.0.0.2\n", 1, 12, "without quotes" },
		{ "racl greylist dnsrbl \"x\"\n", 1, 22, "no dnsrbl \"x\"" },
		{ "dnswl \"x\" z 127.0.0.2\nracl greylist dnsrbl \"x\"\n", 2, 22,
		  "\"x\" is no dnsrbl, but defined as a dnswl" },
		{ "dnsrbl \"x\" z 127.0.0.2\nlist \"l\" dnswl { \"x\" }\n", 2, 18,
		  "\"x\" is no dnswl, but defined as a dnsrbl" },
		{ "dnsrbl \"x\" z 127.0.0.2\ndnswl \"xx\" z 127.0.0.2\nracl greylist dnswl \"x\"\n",
		  3, 21, "defined as a dnsrbl" },
		{ "dnswl \"x\" z 127.0.0.2\ndnswl \"x\" z 127.0.0.2\n", 2, 7,
		  "a dnswl \"x\" already" },
		{ "dnsrbl \"x\" z 127.0.0.2 weight\n", 1, 30, "a weight" },
		{ "dnsrbl \"x\" z 127.0.0.2 weight 0\n", 1, 31, "from 1 to 1000" },
		{ "dnsrbl \"x\" z 127.0.0.2 weight 1001\n", 1, 31, "too large" },
		{ "dnswl \"x\" z 127.0.0.2 weight -1\n", 1, 30, "a weight from 1" },
		{ "dnsrbl \"x\" z 127.0.0.2 weight 1 weight 1\n", 1, 33, "weight" },
		{ "racl greylist dnsbl \"x\"\n", 1, 21, "'score'" },
		{ "racl greylist dnsbl >= 3\n", 1, 21, "'score'" },
		{ "racl greylist dnsbl score\n", 1, 26, "one of == != > < >= <=" },
		{ "racl greylist dnsbl score 3\n", 1, 27, "one of == != > < >= <=" },
		{ "racl greylist sm_macro \"x\"\n", 1, 24, "no sm_macro" },
		{ "racl greylist body \"x\"\n", 1, 15, "only in dacl" },
		{ "racl greylist spamd > 5\n", 1, 15, "only in dacl" },
		{ "racl greylist bogofilter spam\n", 1, 15, "only in dacl" },
		{ "dacl greylist bogofilter > 0.1234567\n", 1, 28, "at most six digits" },
		{ "dacl greylist bogofilter > x\n", 1, 28, "a number as 0.99" },
		{ "dacl greylist bogofilter > 1.\n", 1, 28, "a number as 0.99" },
		{ "dacl greylist bogofilter > 0.9.9\n", 1, 28, "a number as 0.99" },
		{ "dacl greylist bogofilter 0.9\n", 1, 26, "one of == != > < >= <= or spam, ham" },
		{ "dacl greylist bogofilter\n", 1, 25, "one of == != > < >= <= or spam, ham" },
		{ "bogofilter \"x\" children 0\n", 1, 25, "at least one process" },
		{ "racl greylist rcptcount > $p\n", 1, 15, "only in dacl" },
		{ "dacl greylist helo \"x\"\n", 1, 15, "only in racl" },
		{ "list \"b\" body { \"x\" }\nracl greylist list \"b\"\n", 2, 15, "only in dacl" },
		{ "racl greylist from /[z-a]/\n", 1, 25, "range" },
		{ "racl greylist from /a\\(b/\n", 1, 25, "not closed" },
		{ "acl continue default\n", 1, 5, "greylist, whitelist or blacklist" },
		{ "socket \"/x\" 777\n", 1, 1, "666, 660 or 600" },
		{ "socket \"x\"\n", 1, 8, "inet:HOST:PORT" },
		{ "policy \"inet:127.0.0.1:70000\"\n", 1, 8, "port" },
		{ "spamdsock tcp \"x:783\"\n", 1, 11, "inet, unix" },
		{ "spamdsock inet\n", 1, 15, "\"HOST:PORT\"" },
		{ "spamdsock inet \"localhost:0\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \"localhost:65536\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \":783\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \"::1\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \"[::1\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \"[::1]783\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock inet \"\"\n", 1, 16, "\"HOST:PORT\"" },
		{ "spamdsock unix \"spamd.sock\"\n", 1, 16, "\"/PATH\"" },
		{ "spamdsock unix \"/x\" \"y\"\n", 1, 21, "\"/PATH\"" },
		{ "spamd_user root\n", 1, 12, "none, recipient, local" },
		{ "spamd_user local \"no body\"\n", 1, 18, "without blanks" },
		{ "spamd_user local \"\"\n", 1, 18, "without blanks" },
		{ "resolver\n", 1, 9, "recursive or a server" },
		{ "resolver 127.0.0.1\n", 1, 10, "recursive or a server" },
		{ "resolver \"dns.example\"\n", 1, 10, "\"ADDRESS@PORT\"" },
		{ "resolver \"127.0.0.1@0\"\n", 1, 10, "\"ADDRESS@PORT\"" },
		{ "resolver \"127.0.0.1@65536\"\n", 1, 10, "\"ADDRESS@PORT\"" },
		{ "resolver \"127.0.0.1:53\"\n", 1, 10, "\"ADDRESS@PORT\"" },
		{ "resolver \"\"\n", 1, 10, "\"ADDRESS@PORT\"" },
		{ "resolver recursive\nresolver \"::1\"\n", 2, 1, "not both" },
		{ "resolver \"::1\"\nresolver recursive\n", 2, 1, "not both" },
		{ "store redis \"redis://localhost\"\n", 1, 7, "not built in" },
		{ "store mysql \"x\"\n", 1, 7, "lmdb or redis" },
		{ "quiet quiet\n", 1, 7, "the end of the line" },
		{ "greylist 99999999999d\n", 1, 10, "too large" },
		{ "report sometimes\n", 1, 8, "none, delays, nodelays, all" },
		{ "ratelimit \"x\" rcpt 10 / 0s\n", 1, 25, "longer than nothing" },
		{ "racl greylist time \"* * * *\"\n", 1, 20, "five fields" },
		{ "racl greylist time \"* * * * * *\"\n", 1, 20, "sixth" },
		{ "racl greylist s25r 7\n", 1, 20, "0 to 6" },
		{ "racl greylist rdns maybe\n", 1, 20, "confirmed, unconfirmed, none" },
		{ "racl whitelist clients file \"/nowhere\"\n", 1, 24, "no such file" },
		{ "racl whitelist clients file \"/bad-clients\"\n", 1, 24, "/bad-clients:2" },
		{ "list \"n\" addr file \"/broken\"\n", 1, 20,
		  "/broken:2:1: '192.0.2.300' is no IP address" },
		{ "racl whitelist tarpit\n", 1, 22, "expected a duration" },
		{ "quiet\n\x80\n", 2, 1, "octet" },
		{ "racl whitelist addr { 192.0.2.1 }\n", 1, 21, "here list \"NAME\" names it" },
		{ "racl whitelist from { a@b }\n", 1, 21, "list \"NAME\" from { ... }" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = { 0 };
		struct diag why = { 0 };
		struct conf *c = NULL;
		enum status st = parse_view(view_of(cases[i].text), &r, &c, &why);

		if (st == ST_OK || c != NULL)
			fail_msg("taken: %s", cases[i].text);
		if (why.line != cases[i].line || why.column != cases[i].column ||
		    strstr(why.text, cases[i].part) == NULL || strcmp(why.file, "test.conf") != 0)
			fail_msg("%s: %u:%u: %s", cases[i].text, why.line, why.column, why.text);
	}
}

static void test_explain(void **state)
{
	const struct conf_source source = { .text = VIEW("quiet\nracl whitelst default\n"),
		                            .name = "a.conf" };
	struct buf out = buf_of(2000);
	struct diag why = { 0 };
	struct conf *c;

	(void)state;
	assert_int_equal(conf_parse(&source, &c, &why), ST_INVALID);
	assert_int_equal(conf_explain(&source, &why, &out), ST_OK);
	assert_string_equal(buf_text(&out),
	                    "a.conf:2:6: no action is called 'whitelst'; did you mean "
	                    "'whitelist'?\n"
	                    "  racl whitelst default\n"
	                    "       ^\n");
	buf_free(&out);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *text;
		unsigned count;
		const char *part;
	} cases[] = {
		{ "racl greylist default\n", 0, "" },
		{ "tarpit 20s\n", 1, "no effect" },
		{ "dacl greylist bogofilter spam\n", 1, "Bogofilter is not asked" },
		{ "bogofilter_headers\n", 1, "Bogofilter is not asked" },
		{ "bogofilter \"x\"\ndacl greylist bogofilter spam\n", 0, "" },
		{ "peer 192.0.2.1\n", 1, "peers are not talked to" },
		{ "racl greylist p0f \"JP\"\n", 1, "p0f is not asked" },
		{ "p0fsock \"/x\"\nracl greylist p0f \"JP\"\n", 0, "" },
		{ "ldapcheck \"l\" \"ldap://x\"\nracl greylist ldapcheck \"l\"\n", 1,
		  "no directory is asked" },
		{ "ldapconf \"ldap://x\"\nldapcheck \"l\" \"ldap://x\"\nracl greylist ldapcheck "
		  "\"l\"\n",
		  0, "" },
		{ "geoip2db \"/x\"\nracl greylist geoip \"JP\"\n", 0, "" },
		{ "geoipdb \"/x\"\n", 1, "name an .mmdb file with geoip2db" },
		{ "racl greylist time \"99 * * * *\"\n", 1, "\"99\" is no minute" },
		{ "stat \"x\" \"y\"\n", 1, "neither" },
		{ "ratelimit \"r\" rcpt 1 / 1m\n"
		  "racl continue log \"x\" set $a = 1 $a > 1 ratelimit \"r\"\n",
		  0, "" },
		{ "racl whitelist clients file \"regexp:/bad-if\"\n", 1, "an if has no endif" },
		{ "racl greylist default code \"550\"\n", 1, "can't answer with the code 550" },
		{ "racl blacklist default code \"200\"\n", 1, "400 to 599" },
		{ "racl whitelist tarpit -5s\n", 1, "shorter than nothing" },
		{ "dacl whitelist tarpit 5s\n", 1, "holds nobody" },
		{ "greylist -5m\n", 1, "greylist is less than nothing" },
		{ "autowhite -1\n", 1, "autowhite is less than nothing" },
		{ "racl greylist default delay -5m\n", 1, "taken as 0s" },
		{ "racl greylist default delay 30M\n", 1, "31457280 seconds" },
		{ "tsig \"k\" \"hmac-sha512\" \"AAAA\"\n", 1, "\"k\" is not used" },
		{ "tsig \"k\" \"hmac-md5\" \"A\"\n", 1, "\"k\" is not used" },
		{ "nsupdate \"n\" { servers \"x\" rname \"y\" }\n", 1, "it has no rvalue" },
		{ "nsupdate \"n\" { servers \"x\" rname \"y\" rvalue \"z\" type 15 }\n", 1,
		  "the type 15 is not" },
		{ "nsupdate \"n\" { servers \"x\" rname \"y\" rvalue \"z\" ttl -5s }\n", 1,
		  "a ttl that" },
		{ "tsig \"k\" \"HMAC-SHA1\" \"AAAA\"\nnsupdate \"n\" { servers \"x\" rname \"y\" "
		  "rvalue \"z\" type 16 tsig \"k\" }\nracl continue nsupdate \"n\"\n",
		  0, "" },
		{ "sm_macro \"a\" \"i\" unset\nsm_macro \"a\" \"j\" unset\n", 1, "already" },
		{ "racl greylist time \"0 - 59 / 5  9 , 17 * * 1 -5\"\n", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = { 0 };
		struct diag why = { 0 };
		struct conf *c = NULL;

		assert_int_equal(parse_view(view_of(cases[i].text), &r, &c, &why), ST_OK);
		conf_unref(&c);
		if (r.warnings != cases[i].count || strstr(r.last, cases[i].part) == NULL)
			fail_msg("%s: %u warnings, the last: %s", cases[i].text, r.warnings,
			         r.last);
	}
}

#define OBJECTS                                                                                    \
	"list \"l\" addr { 192.0.2.1 }\ndnsrbl \"d\" z.example 127.0.0.2\n"                        \
	"dnswl \"w\" z.example 127.0.0.2\n"                                                        \
	"sm_macro \"m\" \"i\" unset\nratelimit \"r\" rcpt 1 / 1m\nurlcheck \"u\" \"http://x\" 1\n" \
	"ldapcheck \"p\" \"ldap://x\"\nnsupdate \"n\" { }\n"
#define OBJECT_LINES 8

/* Every clause: in which stages it may stand, and whether it may stand twice in a rule. */
static void test_stages_and_repetitions(void **state)
{
	static const struct {
		const char *clause;
		bool rcpt, data, twice;
	} cases[] = {
		{ "addr 192.0.2.1", true, true, false },
		{ "domain a.b", true, true, false },
		{ "domain /a/", true, true, false },
		{ "from a@b", true, true, false },
		{ "from /a/", true, true, false },
		{ "rawfrom a@b", true, true, false },
		{ "rawfrom /a/", true, true, false },
		{ "rcpt a@b", true, true, true },
		{ "rcpt /a/", true, true, true },
		{ "helo \"a\"", true, false, false },
		{ "helo /a/", true, false, false },
		{ "auth \"a\"", true, true, true },
		{ "auth /a/", true, true, true },
		{ "tls \"a\"", true, true, true },
		{ "tls /a/", true, true, true },
		{ "p0f \"a\"", true, true, true },
		{ "p0f /a/", true, true, false },
		{ "mx /24", true, true, false },
		{ "header \"a\"", false, true, true },
		{ "header /a/", false, true, true },
		{ "header $a", false, true, true },
		{ "body \"a\"", false, true, true },
		{ "body /a/", false, true, true },
		{ "body $a", false, true, true },
		{ "msgsize > 1", false, true, true },
		{ "msgsize > $a", false, true, true },
		{ "rcptcount > 1", true, true, true },
		{ "rcptcount > $a", false, true, true },
		{ "spamd", false, true, true },
		{ "spamd > 1", false, true, true },
		{ "bogofilter > 0.5", false, true, true },
		{ "bogofilter ham", false, true, true },
		{ "spamd > $a", false, true, true },
		{ "dkim pass", false, true, true },
		{ "dmarc reject", false, true, true },
		{ "spf", true, true, true },
		{ "spf self", true, true, true },
		{ "time \"* * * * *\"", true, true, true },
		{ "geoip \"JP\"", true, true, true },
		{ "tarpit 5s", true, true, false },
		{ "list \"l\"", true, true, true },
		{ "dnsrbl \"d\"", true, true, true },
		{ "dnswl \"w\"", true, true, true },
		{ "dnsbl score >= 3", true, true, true },
		{ "dnsbl score < $a", true, true, true },
		{ "sm_macro \"m\"", true, true, true },
		{ "ratelimit \"r\"", true, true, true },
		{ "urlcheck \"u\"", true, true, true },
		{ "ldapcheck \"p\"", true, true, true },
		{ "nsupdate \"n\"", true, true, true },
		{ "log \"a\"", true, true, true },
		{ "$a \"b\"", true, true, true },
		{ "$a /b/", true, true, true },
		{ "$a > 1", true, true, true },
		{ "$a == $b", true, true, true },
		{ "*$a \"b\"", true, true, true },
		{ "set $a = 1", true, true, true },
		{ "rset $a += \"1\"", true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned form = 0; form < 3; form++) {
			const bool want[] = { cases[i].rcpt, cases[i].data, cases[i].twice };
			bool data = form == 1 || (form == 2 && !cases[i].rcpt);
			struct reader r = { 0 };
			struct diag why = { 0 };
			struct conf *c = NULL;
			char text[700];
			bool taken;

			(void)snprintf(text, sizeof(text), "%s%s whitelist %s not %s\n", OBJECTS,
			               data ? "dacl" : "racl", form == 2 ? cases[i].clause : "",
			               cases[i].clause);
			taken = parse_view(view_of(text), &r, &c, &why) == ST_OK;
			if (taken != want[form])
				fail_msg("%s, form %u: %s", cases[i].clause, form, why.text);
			if (!taken)
				assert_int_equal(why.line, OBJECT_LINES + 1);
			conf_unref(&c);
		}
	}
}

/* Types of list: what may be in them, and in which stages they may be used. */
static void test_list_types(void **state)
{
	static const struct {
		const char *list;
		bool rcpt, data;
	} cases[] = {
		{ "addr { 192.0.2.1 10.0.0.0/8 2001:db8::1 2001:db8::/32 }", true, true },
		{ "domain { a.b /c/ .d mx no }", true, true },
		{ "from { a@b /c/ }", true, true },
		{ "rawfrom { a@b /c/ }", true, true },
		{ "rcpt { a@b /c/ }", true, true },
		{ "helo { \"a\" /b/ }", true, false },
		{ "header { \"a\" /b/ }", false, true },
		{ "body { \"a\" /b/ }", false, true },
		{ "auth { \"a\" /b/ }", true, true },
		{ "tls { \"a\" /b/ }", true, true },
		{ "p0f { \"a\" /b/ }", true, true },
		{ "dnsrbl { \"d\" }", true, true },
		{ "dnswl { \"w\" }", true, true },
		{ "dnswl { \"d\" }", false, false },
		{ "dnsbl { score >= 3 }", false, false },
		{ "urlcheck { \"u\" }", true, true },
		{ "sm_macro { \"m\" }", true, true },
		{ "geoip { \"JP\" \"US\" }", true, true },
		{ "time { \"* * * * *\" \"0 0 1 1 0\" }", true, true },
		{ "mx { /24 }", false, false },
		{ "spf { pass }", false, false },
		{ "ratelimit { \"r\" }", false, false },
		{ "ldapcheck { \"p\" }", false, false },
		{ "list { \"l\" }", false, false },
		{ "addr { a.b }", false, false },
		{ "domain { \"a\" }", false, false },
		{ "helo { a.b }", false, false },
		{ "addr { not 192.0.2.1 }", false, false },
		{ "header { $a }", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned stage = 0; stage < 2; stage++) {
			struct reader r = { 0 };
			struct diag why = { 0 };
			struct conf *c = NULL;
			char text[700];

			(void)snprintf(text, sizeof(text),
			               "%slist \"x\" %s\n%s greylist list \"x\"\n", OBJECTS,
			               cases[i].list, stage == 0 ? "racl" : "dacl");
			if ((parse_view(view_of(text), &r, &c, &why) == ST_OK) !=
			    (stage == 0 ? cases[i].rcpt : cases[i].data))
				fail_msg("%s, stage %u: %s", cases[i].list, stage, why.text);
			conf_unref(&c);
		}
	}
}

/* Values in any order, each once; flags as often as one likes. */
static void test_values(void **state)
{
	static const char *const values[] = {
		"delay 5m",     "autowhite 1d",       "tarpit_scope session",
		"code \"450\"", "ecode \"4.7.1\"",    "msg \"\"",
		"report \"x\"", "addfooter \"x\"",    "subjtag \"x\"",
		"maxpeek 10k",  "addheader \"X: y\"", "flushaddr",
		"nolog"
	};
	const size_t count = sizeof(values) / sizeof(values[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct reader r = { 0 };
			struct diag why = { 0 };
			struct conf *c = NULL;
			char text[200];

			(void)snprintf(text, sizeof(text), "racl greylist default %s %s\n",
			               values[i], values[j]);
			if ((parse_view(view_of(text), &r, &c, &why) == ST_OK) !=
			    (i != j || i >= count - 2))
				fail_msg("%s", text);
			conf_unref(&c);
		}
	}
}

static void test_defaults(void **state)
{
	struct conf *c = parse("");

	(void)state;
	assert_int_equal(c->delay, 1800);
	assert_int_equal(c->max_age, 86400);
	assert_int_equal(c->retry_window, 1800 + 5 * 86400);
	assert_int_equal(c->ipv4_bits, 32);
	assert_int_equal(c->ipv6_bits, 128);
	assert_int_equal(c->options->report, REPORT_ALL);
	assert_false(c->auto_allow);
	assert_false(c->options->noauth);
	conf_unref(&c);
}

static void test_what_is_set(void **state)
{
	struct conf *c = parse("greylist 5m\nautowhite 3d\ntimeout 2d\nsubnetmatch /24\n"
	                       "subnetmatch6 /64\nuser \"grey:lag\"\npidfile \"/run/x\"\n"
	                       "policy \"inet:10023\"\npolicy \"unix:/run/y\" 660\n"
	                       "policy \"inet:mx.example:1\"\nsocket \"inet:7070@::1\"\n"
	                       "socket \"/run/z\" 660\n"
	                       "store lmdb \"/var/lib/x\"\nautowhite clients 4\nsource rdns, spf\n"
	                       "logfac local3\nworkers 3\n");
	const struct conf_socket *s = c->policy;

	(void)state;
	assert_int_equal(c->delay, 300);
	assert_int_equal(c->max_age, 3 * 86400);
	assert_int_equal(c->retry_window, 300 + 2 * 86400);
	assert_int_equal(c->ipv4_bits, 24);
	assert_int_equal(c->ipv6_bits, 64);
	assert_string_equal(c->user, "grey");
	assert_string_equal(c->group, "lag");
	assert_string_equal(c->pidfile, "/run/x");
	assert_null(s->host);
	assert_string_equal(s->port, "10023");
	assert_int_equal(s->next->kind, CONF_UNIX);
	assert_string_equal(s->next->path, "/run/y");
	assert_int_equal(s->next->mode, 0660);
	assert_string_equal(s->next->next->host, "mx.example");
	assert_null(s->next->next->next);
	assert_string_equal(c->options->milter->host, "::1");
	assert_string_equal(c->milter->port, "7070");
	assert_string_equal(c->milter->next->path, "/run/z");
	assert_int_equal(c->milter->next->mode, 0660);
	assert_null(c->milter->next->next);
	assert_string_equal(c->store_dir, "/var/lib/x");
	assert_true(c->auto_allow);
	assert_int_equal(c->auto_allow_after, 4);
	assert_int_equal(c->options->source, SOURCE_RDNS | SOURCE_SPF);
	assert_int_equal(c->workers, 3);
	conf_unref(&c);
}

/* "spf clause switches the global exemption off for the whole file, auth and tls likewise" */
static void test_clauses_that_switch(void **state)
{
	static const struct {
		const char *text;
		bool noauth, nospf;
	} cases[] = {
		{ "racl whitelist default\n", false, false },
		{ "racl whitelist spf\n", false, true },
		{ "racl whitelist auth \"x\"\n", true, false },
		{ "racl whitelist tls /x/\n", true, false },
		{ "list \"a\" auth { \"x\" }\n", true, false },
		{ "noauth\nnospf\n", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = parse(cases[i].text);

		assert_int_equal(c->options->noauth, cases[i].noauth);
		assert_int_equal(c->options->nospf, cases[i].nospf);
		conf_unref(&c);
	}
}

/* The line on which a continued statement ends; an id where there is one. */
static void test_numbers_and_ids(void **state)
{
	struct conf *c = parse("racl whitelist addr 192.0.2.1 \\\n  from a@b \\\n  delay 5m\n"
	                       "racl \"x\" greylist default # no line feed");

	(void)state;
	assert_int_equal(rule_at(c, ACL_RCPT, 0)->line, 3);
	assert_int_equal(rule_at(c, ACL_RCPT, 0)->set.delay, 300);
	assert_null(rule_at(c, ACL_RCPT, 0)->set.id);
	assert_int_equal(rule_at(c, ACL_RCPT, 1)->line, 4);
	assert_string_equal(rule_at(c, ACL_RCPT, 1)->set.id, "x");
	conf_unref(&c);
}

/* Old lines stand at the head, the last one first; rcpt lines turn round behind testmode. */
static void test_legacy_lines(void **state)
{
	struct conf *c =
		parse("racl blacklist default\naddr 192.0.2.1\nrcpt a@b\ntestmode\nrcpt c@d\n");

	(void)state;
	assert_view(rule_at(c, ACL_RCPT, 0)->clauses->operand.text, "c@d");
	assert_int_equal(rule_at(c, ACL_RCPT, 0)->action, ACL_GREYLIST);
	assert_view(rule_at(c, ACL_RCPT, 1)->clauses->operand.text, "a@b");
	assert_int_equal(rule_at(c, ACL_RCPT, 1)->action, ACL_WHITELIST);
	assert_int_equal(rule_at(c, ACL_RCPT, 2)->clauses->operand.kind, OPERAND_NET);
	assert_int_equal(rule_at(c, ACL_RCPT, 3)->action, ACL_BLACKLIST);
	conf_unref(&c);
}

/* extendedregex and maxpeek act on what follows them only. */
static void test_switches_in_the_middle(void **state)
{
	struct conf *c = parse("racl greylist from /a+/\nextendedregex\nracl greylist from /a+/\n"
	                       "maxpeek 10k\nracl greylist from /b/\n");

	(void)state;
	assert_false(rule_at(c, ACL_RCPT, 0)->clauses->operand.extended);
	assert_true(rule_at(c, ACL_RCPT, 1)->clauses->operand.extended);
	assert_int_equal(rule_at(c, ACL_RCPT, 1)->peek, -1);
	assert_int_equal(rule_at(c, ACL_RCPT, 2)->peek, 10240);
	conf_unref(&c);
}

static void test_resolvers(void **state)
{
	struct conf *c = parse("resolver \"127.0.0.1@5353\"\nresolver \"::1\"\n");
	char text[CONF_RESOLVERS_MAX * 20 + 40] = "";
	struct reader r = { 0 };
	struct diag why;

	(void)state;
	assert_int_equal(c->resolver_count, 2);
	assert_string_equal(c->resolvers[0], "127.0.0.1@5353");
	assert_string_equal(c->resolvers[1], "::1");
	assert_false(c->resolver_recursive);
	conf_unref(&c);
	c = parse("");
	assert_int_equal(c->resolver_count, 0);
	assert_false(c->resolver_recursive);
	conf_unref(&c);
	c = parse("resolver recursive");
	assert_true(c->resolver_recursive);
	conf_unref(&c);
	for (unsigned i = 0; i < CONF_RESOLVERS_MAX; i++)
		(void)strcat(text, "resolver \"::1\"\n");
	c = parse(text);
	conf_unref(&c);
	(void)strcat(text, "resolver \"::1\"\n");
	assert_int_equal(parse_view(view_of(text), &r, &c, &why), ST_INVALID);
	assert_int_equal(why.line, CONF_RESOLVERS_MAX + 1);
}

static void test_network_before_expression(void **state)
{
	struct conf *c = parse("racl greylist rcpt /x/ addr 203.0.113.0/28 from /y/\n"
	                       "racl greylist rcpt a@b from /a\\/b/\n");
	const struct acl_clause *k = rule_at(c, ACL_RCPT, 0)->clauses;

	(void)state;
	assert_int_equal(k->next->operand.net.bits, 28);
	assert_view(k->next->next->operand.text, "y");
	assert_view(rule_at(c, ACL_RCPT, 1)->clauses->next->operand.text, "a/b");
	conf_unref(&c);
}

static void test_lists_are_sets(void **state)
{
	struct conf *c =
		parse("list \"n\" addr file \"/nets\"\nlist \"d\" domain { a.b /x/ c.d /y/ }\n");
	const struct acl_object *nets = acl_find_object(c->acl, OBJECT_LIST, VIEW("n"));
	const struct acl_object *names = acl_find_object(c->acl, OBJECT_LIST, VIEW("d"));

	(void)state;
	assert_int_equal(nets->count, 3);
	assert_null(nets->odd);
	assert_int_equal(names->count, 4);
	assert_view(names->odd->operand.text, "x");
	assert_view(names->odd->next->operand.text, "y");
	assert_null(names->odd->next->next);
	conf_unref(&c);
}

/* As large as lists get: memory stays near the text's size. */
#define NETS    200000u
#define DOMAINS 100000u

static void fill_large(struct buf *text, bool nets)
{
	for (unsigned i = 0; i < (nets ? NETS : DOMAINS); i++) {
		if (nets)
			assert_int_equal(buf_printf(text, "%u.%u.%u.0/25 # x\n", 1 + i / 65536,
			                            i / 256 % 256, i % 256),
			                 ST_OK);
		else
			assert_int_equal(buf_printf(text, "host%u.mail.example.org\n", i), ST_OK);
	}
}

static enum status read_large(void *arg, const char *path, struct buf *out, struct diag *why)
{
	(void)arg;
	(void)why;
	fill_large(out, strcmp(path, "/nets") == 0);
	return ST_OK;
}

static void check_large(const char *text)
{
	const struct conf_source source = { .text = view_of(text),
		                            .name = "large.conf",
		                            .read_file = read_large };
	struct conf *c = NULL;
	struct diag why = { 0 };
	const struct acl_object *nets, *domains;

	if (conf_parse(&source, &c, &why) != ST_OK)
		fail_msg("%u:%u: %s", why.line, why.column, why.text);
	nets = acl_find_object(c->acl, OBJECT_LIST, VIEW("n"));
	domains = acl_find_object(c->acl, OBJECT_LIST, VIEW("d"));
	assert_int_equal(nets->count, NETS);
	assert_int_equal(netset_count(nets->nets), NETS);
	assert_true(netset_size(nets->nets) <= NETS * 12 + 1000);
	assert_int_equal(domains->count, DOMAINS);
	assert_true(nameset_size(domains->names) <= DOMAINS * 100);
	assert_true(arena_size(c->arena) < 200000);
	conf_unref(&c);
}

static void test_large_lists(void **state)
{
	struct buf text = buf_of(CONF_TEXT_MAX);

	(void)state;
	check_large("list \"n\" addr file \"/nets\"\nlist \"d\" domain file \"/domains\"\n"
	            "racl whitelist list \"n\"\nracl whitelist list \"d\"\n");
	assert_int_equal(buf_append(&text, VIEW("list \"n\" addr {\n")), ST_OK);
	fill_large(&text, true);
	assert_int_equal(buf_append(&text, VIEW("}\nlist \"d\" domain {\n")), ST_OK);
	fill_large(&text, false);
	assert_int_equal(buf_append(&text, VIEW("}\n")), ST_OK);
	check_large(buf_text(&text));
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_print_is_a_fixed_point),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_stages_and_repetitions),
		cmocka_unit_test(test_list_types),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_what_is_set),
		cmocka_unit_test(test_clauses_that_switch),
		cmocka_unit_test(test_numbers_and_ids),
		cmocka_unit_test(test_legacy_lines),
		cmocka_unit_test(test_switches_in_the_middle),
		cmocka_unit_test(test_resolvers),
		cmocka_unit_test(test_network_before_expression),
		cmocka_unit_test(test_lists_are_sets),
		cmocka_unit_test(test_large_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
