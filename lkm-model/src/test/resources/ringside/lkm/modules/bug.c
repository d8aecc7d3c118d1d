/* SPDX-License-Identifier: Apache-2.0 */
/* Stops at a BUG in init. */
#include <linux/module.h>

static volatile int answer = 42;

static int __init bug_init(void)
{
	BUG_ON(answer == 42);
	return 0;
}

static void __exit bug_exit(void)
{
}

module_init(bug_init);
module_exit(bug_exit);
MODULE_LICENSE("GPL");
