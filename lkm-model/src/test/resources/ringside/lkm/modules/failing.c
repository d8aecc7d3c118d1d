/* SPDX-License-Identifier: Apache-2.0 */
/* Its init says no. */
#include <linux/module.h>

static int __init failing_init(void)
{
	return -ENODEV;
}

static void __exit failing_exit(void)
{
}

module_init(failing_init);
module_exit(failing_exit);
MODULE_LICENSE("GPL");
