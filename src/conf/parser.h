/* What the parts of the parser share; for conf/ alone. Each function that returns a status has set
 * *p->why when it is not ST_OK. */
#pragma once

#include "acl/condition.h"
#include "conf/lex.h"
#include "conf/options.h"
#include "conf/parse.h"
#include "util/guess.h"

struct including;

struct parser {
	const struct conf_source *source;
	const char *file; /* that is read now: source->name, or one that is included */
	const struct including *including; /* include.c: the files around it */
	size_t included_octets;
	unsigned includes;
	struct lex lex;
	struct conf *conf;
	struct conf_options *options;
	struct acl *acl;
	struct arena *arena;
	struct diag *why;
	const struct conf_item **items_tail;
	const struct conf_socket **policy_tail, **milter_tail;
	unsigned policy_count, milter_count;
	const struct conf_milter **children_tail;
	bool at_command_line, milter_from_command_line;

	/* Switches that act on what follows. */
	bool extended;
	int64_t maxpeek;

	unsigned line, column; /* of the statement or clause that is built, for warnings */
};

/* "expected WHAT, not 'WORD'", at the token. Returns ST_INVALID. */
MUST_CHECK enum status parser_expected(struct parser *p, const struct token *t, const char *what);

/* Any other error there. Returns ST_INVALID. */
MUST_CHECK enum status parser_refuse(struct parser *p, const struct token *t, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* A warning at the statement or clause. */
void parser_warn(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What a function of acl/ refused: places its text at the token, and keeps the place within the
 * text where that is another file. */
enum status parser_place(struct parser *p, const struct token *t, enum status st);

/* Takes the word or mark if it is the next. */
bool parser_accept(struct parser *p, const char *word);

MUST_CHECK enum status parser_expect(struct parser *p, const char *word);
MUST_CHECK enum status parser_peek(struct parser *p, enum lex_want want, struct token *t);

/* Where we are: the place of the next token, whatever it is. */
struct token parser_here(struct parser *p);

/* A string, kept in the arena. */
MUST_CHECK enum status parser_string(struct parser *p, const char *what, const char **out);
MUST_CHECK enum status parser_number(struct parser *p, const char *what, int64_t max, int64_t *out);
MUST_CHECK enum status parser_duration(struct parser *p, const char *what, int64_t *out);
MUST_CHECK enum status parser_address(struct parser *p, struct ip *out);

/* "/" and digits. */
MUST_CHECK enum status parser_bits(struct parser *p, int64_t max, int64_t *out);

/* Does a number or a duration come? */
bool parser_at_number(struct parser *p);

/* operand.c: the operand of a clause, of the kinds in mask. */
MUST_CHECK enum status parser_operand(struct parser *p, const struct clause_kind *kind,
                                      unsigned mask, struct operand *out);

/* A clause from its name on, built and checked; *out is in the arena. */
MUST_CHECK enum status parser_clause(struct parser *p, struct acl_clause **out);

/* The operand and the rest of a clause whose kind is known. */
MUST_CHECK enum status parser_build(struct parser *p, const struct clause_kind *kind, unsigned mask,
                                    struct acl_clause **out);

/* rules.c: the statements about rules. `word` is their first word, taken already. */
MUST_CHECK enum status parser_rule(struct parser *p, const struct token *word);
MUST_CHECK enum status parser_legacy(struct parser *p, const struct token *word);
MUST_CHECK enum status parser_file_rule(struct parser *p, const struct token *word);

/* The values of rules, for printing: NULL behind the last. */
enum value_form { VALUE_TEXT, VALUE_TIME, VALUE_NUMBER, VALUE_SCOPE, VALUE_FLAG, VALUE_HEADER };

struct rule_value {
	const char *name;
	enum value_form form;
	size_t at; /* within struct acl_effects */
	const char *help;
};

const struct rule_value *rule_value_at(size_t i);

/* parse.c: statements up to the end of the text. */
MUST_CHECK enum status parser_statements(struct parser *p);

/* conditions.c: clauses, and "or" between those that need not all hold; they are added to *head, as
 * more that may hold instead. */
MUST_CHECK enum status parser_condition(struct parser *p, struct acl_condition **head);
MUST_CHECK enum status parser_named_condition(struct parser *p, struct acl_object *o);

/* definitions.c */
MUST_CHECK enum status parser_definition(struct parser *p, const struct token *word);

/* statements.c: NULL when there is none of this name. */
struct statement;
const struct statement *statement_find(struct view name);
MUST_CHECK enum status statement_read(const struct statement *s, struct parser *p,
                                      const struct token *word);
MUST_CHECK enum status statements_print(const struct conf_options *o, struct buf *out);

/* Adds to the order of things. */
void parser_item(struct parser *p, const struct conf_item *item);

/* print.c: words that both sides know. */
extern const char *const compare_marks[];
MUST_CHECK enum status print_string(struct buf *out, struct view text);

/* children.c. sep stands between alternatives. */
MUST_CHECK enum status print_condition(const struct acl_condition *condition, const char *sep,
                                       struct buf *out);
MUST_CHECK enum status print_child(const struct conf_milter *child, struct buf *out);
