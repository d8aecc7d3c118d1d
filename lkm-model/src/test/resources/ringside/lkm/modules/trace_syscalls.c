/* SPDX-License-Identifier: Apache-2.0 */
/* Counts system calls and remembers who made the last one. */
#include <linux/module.h>
#include <linux/sched.h>
#include <trace/events/syscalls.h>

static unsigned long calls;
static char last[TASK_COMM_LEN];

static void on_enter(void *data, struct pt_regs *regs, long id)
{
	calls++;
	__builtin_memcpy(last, current->comm, sizeof(last));
}

static int __init trace_syscalls_init(void)
{
	return register_trace_sys_enter(on_enter, NULL);
}

static void __exit trace_syscalls_exit(void)
{
	unregister_trace_sys_enter(on_enter, NULL);
	tracepoint_synchronize_unregister();
	pr_info("trace_syscalls: %lu calls, last by %s\n", calls, last);
}

module_init(trace_syscalls_init);
module_exit(trace_syscalls_exit);
MODULE_LICENSE("GPL");
