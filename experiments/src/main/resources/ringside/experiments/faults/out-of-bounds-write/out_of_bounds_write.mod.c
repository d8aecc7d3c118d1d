/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/module.h>
#include <linux/slab.h>
#include <trace/events/syscalls.h>
#include "core.h"

/* Two objects of one slab; the second stands for whatever the kernel keeps there. */
struct hits *hits;
void *neighbour;

static void out_of_bounds_write(void *data, struct pt_regs *regs, long id)
{
	hit(hits, id);
}

static int __init out_of_bounds_write_init(void)
{
	hits = kzalloc(sizeof(*hits), GFP_KERNEL);
	neighbour = kzalloc(sizeof(*hits), GFP_KERNEL);
	if (!hits || !neighbour)
		return -ENOMEM;
	return register_trace_sys_enter(out_of_bounds_write, NULL);
}

static void __exit out_of_bounds_write_exit(void)
{
	unregister_trace_sys_enter(out_of_bounds_write, NULL);
	tracepoint_synchronize_unregister();
	kfree(neighbour);
	kfree(hits);
}

module_init(out_of_bounds_write_init);
module_exit(out_of_bounds_write_exit);
MODULE_LICENSE("GPL");
