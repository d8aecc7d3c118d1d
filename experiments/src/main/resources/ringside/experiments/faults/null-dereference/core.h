/* SPDX-License-Identifier: Apache-2.0 */
/* Counts a process's system calls against its limit. The fault: who has no limit has no struct limit. */
#ifndef NULL_DEREFERENCE_CORE_H
#define NULL_DEREFERENCE_CORE_H

struct limit {
	__u64 calls;
	__u64 most;
};

static inline int over_limit(struct limit *limit)
{
	return ++limit->calls > limit->most;
}

#endif
