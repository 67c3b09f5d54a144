/* What is odd about child milters. */
#include "conf/lint_checks.h"
