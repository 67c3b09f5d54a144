#include "spf/name.h"

#include "spf/punycode.h"

static bool askable(char c)
{
	return c >= ' ' && c <= '~' && c != '\\';
}

static bool labels_fit(struct view text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '.') {
			if (!askable(text.p[i]) || ++run > SPF_LABEL_MAX)
				return false;
			continue;
		}
		if (run == 0)
			return false;
		run = 0;
	}
	return run > 0;
}

static struct view without_last_dot(struct view text)
{
	return text.n > 0 && text.p[text.n - 1] == '.' ? view_first(text, text.n - 1) : text;
}

enum status spf_name_set(struct spf_name *out, struct view text)
{
	text = without_last_dot(text);
	if (text.n == 0 || text.n > SPF_NAME_MAX || !labels_fit(text))
		return ST_INVALID;
	memcpy(out->text, text.p, text.n);
	out->text[text.n] = '\0';
	out->n = text.n;
	return ST_OK;
}

static bool is_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80)
			return false;
	return true;
}

enum status spf_name_from_mail(struct spf_name *out, struct view text)
{
	char ascii[SPF_NAME_MAX + 2];
	struct view rest = without_last_dot(text), label;
	size_t n = 0;

	if (is_ascii(rest))
		return spf_name_set(out, text);
	if (rest.p[rest.n - 1] == '.')
		return ST_INVALID; /* view_next would not show the empty label behind it */
	while (view_next(&rest, '.', &label)) {
		char coded[SPF_LABEL_MAX];
		size_t length = label.n;

		if (is_ascii(label)) {
			if (length > sizeof(coded))
				return ST_INVALID;
			memcpy(coded, label.p, length);
		} else if (punycode_label(label, coded, &length) != ST_OK) {
			return ST_INVALID;
		}
		if (n + length + 1 > sizeof(ascii))
			return ST_INVALID;
		memcpy(ascii + n, coded, length);
		n += length;
		ascii[n++] = '.';
	}
	return spf_name_set(out, (struct view){ ascii, n });
}

static bool all_digits(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_digit(v.p[i]))
			return false;
	return true;
}

bool spf_name_is_domain(const struct spf_name *name)
{
	struct view v = spf_name_view(name);
	size_t dot = view_rfind(v, '.');

	return dot != VIEW_NONE && v.p[0] != '[' && !all_digits(view_from(v, dot + 1));
}

bool spf_name_under(struct view name, struct view zone)
{
	if (zone.n == 0 || !view_ends_nocase(name, zone))
		return false;
	return name.n == zone.n || name.p[name.n - zone.n - 1] == '.';
}

size_t spf_name_dotted(const struct ip *ip, char out[SPF_NIBBLES_MAX + 1])
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	if (ip->family == IP_V4) {
		char text[IP_TEXT_MAX];

		ip_format(ip, text);
		n = strlen(text);
		memcpy(out, text, n + 1);
		return n;
	}
	for (size_t i = 0; i < 32; i++) {
		unsigned octet = ip->octet[i / 2];

		if (i > 0)
			out[n++] = '.';
		out[n++] = hex[i % 2 == 0 ? octet >> 4 : octet & 15];
	}
	out[n] = '\0';
	return n;
}

void spf_name_reverse(const struct ip *ip, struct spf_name *out)
{
	const char *zone = ip->family == IP_V4 ? "in-addr.arpa" : "ip6.arpa";
	char dotted[SPF_NIBBLES_MAX + 1];
	struct view rest = { dotted, spf_name_dotted(ip, dotted) };

	out->n = 0;
	while (rest.n > 0) {
		size_t dot = view_rfind(rest, '.');
		struct view part = dot == VIEW_NONE ? rest : view_from(rest, dot + 1);

		memcpy(out->text + out->n, part.p, part.n);
		out->n += part.n;
		out->text[out->n++] = '.';
		rest = view_first(rest, dot == VIEW_NONE ? 0 : dot);
	}
	memcpy(out->text + out->n, zone, strlen(zone) + 1);
	out->n += strlen(zone);
}
