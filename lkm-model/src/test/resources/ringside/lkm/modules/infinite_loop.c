/* SPDX-License-Identifier: Apache-2.0 */
/* Never returns from init. */
#include <linux/module.h>

static volatile int stop;

static int __init infinite_loop_init(void)
{
	pr_info("infinite_loop: spinning\n");
	while (!stop)
		;
	return 0;
}

static void __exit infinite_loop_exit(void)
{
}

module_init(infinite_loop_init);
module_exit(infinite_loop_exit);
MODULE_LICENSE("GPL");
