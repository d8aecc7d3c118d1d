/* SPDX-License-Identifier: Apache-2.0 */
/* Recurses until the guard page under its kernel stack stops it. */
#include <linux/module.h>

static volatile int limit = 1 << 20;

static noinline int dive(int depth)
{
	volatile char pad[256];

	pad[0] = (char)depth;
	if (depth >= limit)
		return pad[0];
	return dive(depth + 1) + pad[0];
}

static int __init stack_overflow_init(void)
{
	return dive(0);
}

static void __exit stack_overflow_exit(void)
{
}

module_init(stack_overflow_init);
module_exit(stack_overflow_exit);
MODULE_LICENSE("GPL");
