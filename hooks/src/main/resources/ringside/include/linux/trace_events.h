/* SPDX-License-Identifier: Apache-2.0 */
/* The records that tracepoints write. */
#ifndef _KERNEL_LINUX_TRACE_EVENTS_H
#define _KERNEL_LINUX_TRACE_EVENTS_H

#include <linux/types.h>

struct trace_entry {
	unsigned short type;
	unsigned char flags;
	unsigned char preempt_count;
	int pid;
};

struct trace_event_raw_sys_enter {
	struct trace_entry ent;
	long id;
	unsigned long args[6];
	char __data[];
};

struct trace_event_raw_sys_exit {
	struct trace_entry ent;
	long id;
	long ret;
	char __data[];
};

#endif
