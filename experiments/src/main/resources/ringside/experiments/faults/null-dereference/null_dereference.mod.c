/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/module.h>
#include <linux/sched.h>
#include <trace/events/syscalls.h>
#include "core.h"

#define PROCESSES 16

struct limit *limits[PROCESSES];
unsigned long refused;

static void null_dereference(void *data, struct pt_regs *regs, long id)
{
	if (over_limit(limits[current->tgid % PROCESSES]))
		refused++;
}

static int __init null_dereference_init(void)
{
	return register_trace_sys_enter(null_dereference, NULL);
}

static void __exit null_dereference_exit(void)
{
	unregister_trace_sys_enter(null_dereference, NULL);
	tracepoint_synchronize_unregister();
}

module_init(null_dereference_init);
module_exit(null_dereference_exit);
MODULE_LICENSE("GPL");
