/* The text of a configuration as tokens. The language has no reserved words: the parser says what
 * may stand at a place, and the lexer reads it so (docs of milter-greylist 4.6 call this longest
 * match; theirs made "/28 from /" an expression and "mail" no domain).
 *
 * A statement ends with its line; a backslash outside strings and expressions drops the rest of its
 * line and the line feed; '#' begins a comment; a carriage return is a blank; the last line feed
 * may miss. */
#pragma once

#include "util/arena.h"

#define CONF_TEXT_MAX   ((size_t)64 << 20) /* octets of one file, be it a list's */
#define CONF_STRING_MAX ((size_t)65536)    /* octets of one string */

enum token_kind {
	TOKEN_END, /* of the text */
	TOKEN_NEWLINE,
	TOKEN_WORD,     /* letters, digits, '.', '_', '-': keywords, numbers, times, names */
	TOKEN_ADDRESS,  /* digits, letters, '.', ':' and '%': only where LEX_ADDRESS is asked for */
	TOKEN_MAIL,     /* mailbox@name */
	TOKEN_STRING,   /* text is what stands between the quotes; \" has become " */
	TOKEN_REGEX,    /* text is what stands between the slashes; \/ has become / */
	TOKEN_PROPERTY, /* text is the name without '$' */
	TOKEN_MARK,     /* { } * / , ; + = += -= == != > < >= <= ! */
};

struct token {
	enum token_kind kind;
	struct view text;
	unsigned line;   /* where it begins, from 1 */
	unsigned column; /* in octets, from 1 */
	size_t end;      /* offset behind it */
	unsigned end_line;
	size_t end_line_start;
	bool glued; /* no blank in front */
};

/* What may stand here. */
enum lex_want {
	LEX_WORD,    /* a word (one ':' behind letters is part of it and dropped), '/' is a mark */
	LEX_PATTERN, /* a word, or an expression */
	LEX_MAIL,    /* an address of mail, or an expression, or a word */
	LEX_ADDRESS, /* an IP address */
};

struct lex {
	struct view text;
	struct arena *arena; /* for texts that are not in one piece in the source */
	size_t at;
	unsigned line;
	size_t line_start;
};

/* Borrows text; ST_LIMIT when it is longer than CONF_TEXT_MAX. */
MUST_CHECK enum status lex_begin(struct lex *l, struct view text, struct arena *arena,
                                 struct diag *why);

/* The next token, which stays where it is until lex_take. ST_INVALID or ST_LIMIT: no token begins
 * here; why has line, column and text. At the end TOKEN_END comes again and again. */
MUST_CHECK enum status lex_peek(const struct lex *l, enum lex_want want, struct token *out,
                                struct diag *why);

/* Moves behind a token that lex_peek gave. */
void lex_take(struct lex *l, const struct token *t);

/* Is it this word, in any case, or this mark? */
bool token_is(const struct token *t, const char *word);

/* Digits, then perhaps k (1024) or M (1048576). ST_INVALID; ST_LIMIT above max. */
MUST_CHECK enum status lex_number(struct view v, int64_t max, int64_t *out);

#define CONF_DURATION_MAX ((int64_t)100 * 365 * 86400) /* seconds; keeps sums far from overflow */

/* Perhaps '-', digits, then perhaps s, m, h, d or w: seconds. ST_INVALID or ST_LIMIT. */
MUST_CHECK enum status lex_duration(struct view v, int64_t *out);
