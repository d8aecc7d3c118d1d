/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/module.h>
#include <trace/events/syscalls.h>
#include "core.h"

struct queue queue;

static void infinite_loop(void *data, struct pt_regs *regs, long id)
{
	queue.tail++;
	drain(&queue);
}

static int __init infinite_loop_init(void)
{
	return register_trace_sys_enter(infinite_loop, NULL);
}

static void __exit infinite_loop_exit(void)
{
	unregister_trace_sys_enter(infinite_loop, NULL);
	tracepoint_synchronize_unregister();
}

module_init(infinite_loop_init);
module_exit(infinite_loop_exit);
MODULE_LICENSE("GPL");
