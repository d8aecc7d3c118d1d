/* SPDX-License-Identifier: Apache-2.0 */
/* Writes through a null pointer in init. */
#include <linux/module.h>

static int *volatile nowhere;

static int __init null_dereference_init(void)
{
	pr_info("null_dereference: about to write\n");
	*nowhere = 42;
	return 0;
}

static void __exit null_dereference_exit(void)
{
}

module_init(null_dereference_init);
module_exit(null_dereference_exit);
MODULE_LICENSE("GPL");
