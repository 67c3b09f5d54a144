#include "session/counters.h"

const char *counter_name(enum counter which)
{
	switch (which) {
	case COUNT_CONNECTIONS: return "connections";
	case COUNT_CLOSED: return "connections_closed";
	case COUNT_REQUESTS: return "requests";
	case COUNT_PASS_CLIENT: return "pass_client_list";
	case COUNT_PASS_RECIPIENT: return "pass_recipient_list";
	case COUNT_PASS_RULE: return "pass_rule";
	case COUNT_PASS_AUTH: return "pass_authenticated";
	case COUNT_PASS_SPF: return "pass_spf";
	case COUNT_PASS_AUTO: return "pass_auto_allowed";
	case COUNT_PASS_FIRST: return "pass_retried";
	case COUNT_PASS_KNOWN: return "pass_known";
	case COUNT_PASS_STAYED: return "pass_stayed";
	case COUNT_PASS_UNASKED: return "pass_unasked";
	case COUNT_DEFER_NEW: return "defer_new";
	case COUNT_DEFER_EARLY: return "defer_early";
	case COUNT_HOLD: return "hold";
	case COUNT_REJECT: return "reject";
	case COUNT_TEMPFAIL: return "tempfail";
	case COUNT_GARBAGE: return "garbage";
	case COUNT_SPAMD_SCANS: return "spamd_scans";
	case COUNT_SPAMD_FAILED: return "spamd_failed";
	case COUNT_SPAMD_SPARED: return "spamd_spared";
	case COUNTERS: break;
	}
	return "?";
}
