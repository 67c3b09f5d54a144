/* A DNS server for tests, on the loopback: one thread, UDP and TCP, answers by a table of lines
 *
 *	NAME TYPE DATA...
 *
 * TYPE: A AAAA MX PTR TXT CNAME, or * for any. DATA: an address; PREFERENCE NAME; NAME ("." is the
 * root); "string" "string"; or one word for what goes wrong:
 *
 *	NXDOMAIN NODATA SERVFAIL REFUSED   that answer
 *	SILENT                             none
 *	DELAY MS                           the name's other lines, so long after it was asked first
 *	TC                                 truncated over UDP, whole over TCP
 *	GARBAGE                            octets that are no message
 *	CUT                                the message ends in the midst of its answer
 *	WRONGNAME                          an answer to another question
 *	WRONGID                            an answer with another id
 *	LOOP                               a CNAME to itself
 *	POINTER                            a record whose name is a pointer to itself
 *	HEX 00ff...                        a record with these octets
 *	HUGE N                             TXT: one record of N octets
 *	MANY N                             A: N addresses from 10.0.0.0 on
 *	TURN N "string"                    TXT: only in the answer to the Nth question, to live for
 *0 s
 *
 * A NAME that begins with "*." stands for all below. A name that has no line is NXDOMAIN, one that
 *lacks the type NODATA. CNAMEs are followed, and all of the chain is answered. */
#pragma once

#include <stdbool.h>

struct fake_dns;

struct fake_dns *fake_dns_new(const char *table);

/* At port 53 of this address of the loopback; NULL: it can't be had. */
struct fake_dns *fake_dns_at(const char *table, const char *address);

/* An authority: it answers for itself, and what is at or below the name of a line
 *
 *	NAME NS SERVER ADDRESS
 *
 * it sends to that server (for "." it says that it is this one). Port 0: any. */
struct fake_dns *fake_dns_authority(const char *table, const char *address, unsigned port);
void fake_dns_free(struct fake_dns **f);

/* "ADDRESS@PORT" */
const char *fake_dns_forward(const struct fake_dns *f);

/* From any thread: nothing is answered any more; questions that came so far, or for this name. */
void fake_dns_silence(struct fake_dns *f, bool silent);
unsigned fake_dns_asked(const struct fake_dns *f);
unsigned fake_dns_asked_for(const struct fake_dns *f, const char *name);
