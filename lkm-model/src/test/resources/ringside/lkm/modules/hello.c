/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest module: says hello and goodbye. */
#include <linux/module.h>

static int __init hello_init(void)
{
	pr_info("hello: loaded\n");
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("hello: unloaded\n");
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("Ringside");
MODULE_DESCRIPTION("Says hello");
