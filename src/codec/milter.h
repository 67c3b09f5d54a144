/* The milter protocol, versions 2 to 6: packets, and the commands that an MTA sends to a filter.
 * There is no standard; it is what Sendmail's libmilter (mfdef.h, engine.c, comm.c) and Postfix's
 * milter8.c do. A packet is a length (32 bit, big endian), a letter and data; the length counts
 * letter and data. Pure: octets in, views into them out. */
#pragma once

#include "util/buf.h"
#include "util/ip.h"

#define MILTER_VERSION_MIN 2u
#define MILTER_VERSION_MAX 6u

#define MILTER_HEAD 5u /* octets in front of the data */

/* Data octets of one packet. Both MTAs keep to the first unless larger ones were negotiated
 * (mfdef.h: MILTER_MDS_64K, _256K, _1M); nobody sends larger pieces of body even then. */
#define MILTER_DATA_MAX      65535u
#define MILTER_DATA_MAX_256K 262143u
#define MILTER_DATA_MAX_1M   1048575u

/* What a filter may do at the end of a message (mfapi.h, SMFIF_*). */
#define MILTER_MAY_ADD_HEADERS    0x001u
#define MILTER_MAY_CHANGE_BODY    0x002u
#define MILTER_MAY_ADD_RCPT       0x004u
#define MILTER_MAY_DELETE_RCPT    0x008u
#define MILTER_MAY_CHANGE_HEADERS 0x010u
#define MILTER_MAY_QUARANTINE     0x020u
#define MILTER_MAY_CHANGE_FROM    0x040u
#define MILTER_MAY_ADD_RCPT_PAR   0x080u
#define MILTER_MAY_LIST_MACROS    0x100u

/* Steps of the dialogue (mfapi.h, SMFIP_*). In the MTA's offer a bit says "I know this". In the
 * filter's answer NO_ says "don't send it", NR_ "I won't answer it". */
#define MILTER_NO_CONNECT    0x000001u
#define MILTER_NO_HELO       0x000002u
#define MILTER_NO_MAIL       0x000004u
#define MILTER_NO_RCPT       0x000008u
#define MILTER_NO_BODY       0x000010u
#define MILTER_NO_HEADERS    0x000020u
#define MILTER_NO_EOH        0x000040u
#define MILTER_NR_HEADER     0x000080u
#define MILTER_NO_UNKNOWN    0x000100u
#define MILTER_NO_DATA       0x000200u
#define MILTER_WITH_SKIP     0x000400u /* the filter may answer SKIP */
#define MILTER_WITH_REJECTED 0x000800u /* send recipients too that the MTA refuses */
#define MILTER_NR_CONNECT    0x001000u
#define MILTER_NR_HELO       0x002000u
#define MILTER_NR_MAIL       0x004000u
#define MILTER_NR_RCPT       0x008000u
#define MILTER_NR_DATA       0x010000u
#define MILTER_NR_UNKNOWN    0x020000u
#define MILTER_NR_EOH        0x040000u
#define MILTER_NR_BODY       0x080000u
#define MILTER_WITH_BLANK    0x100000u   /* leave the blank behind a header's colon, both ways */
#define MILTER_WITH_256K     0x10000000u /* packets of up to MILTER_DATA_MAX_256K */
#define MILTER_WITH_1M       0x20000000u /* packets of up to MILTER_DATA_MAX_1M */

/* Commands; the values are their letters (mfdef.h, SMFIC_*). */
enum milter_command_kind {
	MILTER_OPTNEG = 'O',
	MILTER_MACRO = 'D',
	MILTER_CONNECT = 'C',
	MILTER_HELO = 'H',
	MILTER_MAIL = 'M',
	MILTER_RCPT = 'R',
	MILTER_DATA = 'T',    /* since version 4 */
	MILTER_UNKNOWN = 'U', /* an SMTP command that the MTA doesn't know; since version 3 */
	MILTER_HEADER = 'L',
	MILTER_EOH = 'N',
	MILTER_BODY = 'B',
	MILTER_EOB = 'E',     /* end of message */
	MILTER_ABORT = 'A',   /* forget the message */
	MILTER_QUIT = 'Q',    /* close */
	MILTER_QUIT_NC = 'K', /* another client follows on this connection; since version 6 */
};

enum milter_family {
	MILTER_IPV4 = '4',
	MILTER_IPV6 = '6',
	MILTER_LOCAL = 'L', /* a socket in the file system */
	MILTER_UNKNOWN_FAMILY = 'U',
};

/* The stages that macros belong to, numbered as in a filter's list (mfapi.h, SMFIM_*): the end of
 * the message comes before the end of the headers. */
enum milter_stage {
	MILTER_AT_CONNECT,
	MILTER_AT_HELO,
	MILTER_AT_MAIL,
	MILTER_AT_RCPT,
	MILTER_AT_DATA,
	MILTER_AT_EOM,
	MILTER_AT_EOH,
	MILTER_STAGES
};

struct milter_packet {
	char letter;
	struct view data;
};

/* Texts behind one another, each with its NUL. As many as the packet holds: take them one by one
 * with milter_next. */
struct milter_texts {
	struct view packed;
	unsigned count;
};

struct milter_offer {
	uint32_t version;
	uint32_t actions;
	uint32_t steps;
};

struct milter_macros {
	char command; /* they belong to the command with this letter; may be any octet */
	struct milter_texts pairs; /* name, value, name, value ...; long names have their braces */
};

struct milter_connect {
	struct view host; /* the confirmed name, or [address]; Postfix also says unknown */
	enum milter_family family;
	uint16_t port; /* 0: not known */
	struct view
		address; /* as sent: "IPv6:" may stand in front; empty for MILTER_UNKNOWN_FAMILY */
	struct ip ip;    /* IP_NONE when that is no address of this family: "unknown", a path */
};

struct milter_envelope {
	struct view address; /* as the client wrote it, mostly in angle brackets */
	struct milter_texts arguments;
};

struct milter_header {
	struct view name;
	struct view value; /* folds are LF or CR LF and a blank; see MILTER_WITH_BLANK */
};

struct milter_command {
	enum milter_command_kind kind;
	union {
		struct milter_offer offer;       /* OPTNEG */
		struct milter_macros macros;     /* MACRO */
		struct milter_connect connect;   /* CONNECT */
		struct view text;                /* HELO: the name; UNKNOWN: the line, or a word */
		struct milter_envelope envelope; /* MAIL, RCPT */
		struct milter_header header;     /* HEADER */
		struct view body;                /* BODY; EOB: a last piece, mostly empty */
	};
};

/* Takes the first packet off `in`, which holds all octets that came so far. max_data is the bound
 * for its data octets, MILTER_DATA_MAX before the negotiation.
 * ST_OK: *out points into in[0..*used). ST_AGAIN: more octets are needed, at most
 * MILTER_HEAD + max_data in all. ST_INVALID: a length of zero. ST_LIMIT: the length passes the
 * bound, as a negative one does. There is no going on after the last two. */
MUST_CHECK enum status milter_scan(struct view in, uint32_t max_data, struct milter_packet *out,
                                   size_t *used);

/* Reads a packet from an MTA; the views in *out point into it.
 * ST_NOTFOUND: no such command. ST_INVALID: its data are not what the command says: too short, a
 * NUL missing, octets left over, a header without a name, BODY without octets, macros not in pairs,
 * a family that does not exist. *out is set on success only. */
MUST_CHECK enum status milter_command_read(const struct milter_packet *packet,
                                           struct milter_command *out);

/* Takes the next text off *rest. False at the end. */
bool milter_next(struct milter_texts *rest, struct view *out);

/* The stage of a MACRO's command. ST_NOTFOUND: it has none; Postfix sends macros with HEADER, BODY
 * and UNKNOWN too. */
MUST_CHECK enum status milter_macro_stage(char command, enum milter_stage *out);

/* Whether the MTA waits for an answer to this command, by the steps that were agreed on. */
bool milter_awaits_answer(enum milter_command_kind kind, uint32_t steps);

/* Appends a packet whose data are the parts, one behind the other. All or nothing.
 * ST_LIMIT: more than MILTER_DATA_MAX octets of data, or `out` is full. */
MUST_CHECK enum status milter_put_packet(struct buf *out, char letter, const struct view *parts,
                                         size_t n);

/* What milter_put_packet's parts are made of: the NUL of a text, and a number. */
#define MILTER_NUL ((struct view){ "", 1 })
void milter_number(uint32_t x, char out[4]);
