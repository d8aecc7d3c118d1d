/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>
#include <trace/events/syscalls.h>
#include "core.h"

/* A number that no system call has: a private request of this module's users. */
#define REQUEST 1024

static __attribute__((__noinline__)) unsigned long send(__u64 number, void __user *to)
{
	struct reply reply;

	answer(&reply, number);
	return copy_to_user(to, &reply, sizeof(reply));
}

static void uninitialised_stack(void *data, struct pt_regs *regs, long id)
{
	if (id != REQUEST)
		return;
	if (use_key(id) == 1)
		return;
	send(id, (void __user *)regs->orig_a0);
}

static int __init uninitialised_stack_init(void)
{
	return register_trace_sys_enter(uninitialised_stack, NULL);
}

static void __exit uninitialised_stack_exit(void)
{
	unregister_trace_sys_enter(uninitialised_stack, NULL);
	tracepoint_synchronize_unregister();
}

module_init(uninitialised_stack_init);
module_exit(uninitialised_stack_exit);
MODULE_LICENSE("GPL");
