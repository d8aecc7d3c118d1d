/* SPDX-License-Identifier: Apache-2.0 */
/* The system call counter as a kernel module with a table of its own. */
#include <linux/module.h>
#include <linux/sched.h>
#include <trace/events/syscalls.h>
#include "core.h"

struct slot {
	__u32 tgid;
	struct count count;
};

/* Open addressing; tgid 0 is the idle task, which makes no system call, so 0 marks a free slot. Read by the laboratory. */
struct slot counts[COUNT_PROCESSES];

static struct count *find(__u32 tgid)
{
	__u32 i, at = (tgid * 0x61c88647u) >> 24;

	for (i = 0; i < COUNT_PROCESSES; i++) {
		struct slot *slot = &counts[(at + i) % COUNT_PROCESSES];

		if (!slot->tgid)
			slot->tgid = tgid;
		if (slot->tgid == tgid)
			return &slot->count;
	}
	return NULL;
}

static void on_enter(void *data, struct pt_regs *regs, long id)
{
	struct count *count = find(current->tgid);

	if (count)
		count_call(count, id);
}

static int __init syscall_count_init(void)
{
	return register_trace_sys_enter(on_enter, NULL);
}

static void __exit syscall_count_exit(void)
{
	unregister_trace_sys_enter(on_enter, NULL);
	tracepoint_synchronize_unregister();
}

module_init(syscall_count_init);
module_exit(syscall_count_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("system calls of each process");
