/* SPDX-License-Identifier: Apache-2.0 */
/* Writes behind the end of an object from the slab, into its neighbour. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static int __init out_of_bounds_init(void)
{
	char *a = kmalloc(64, GFP_KERNEL);
	char *b = kmalloc(64, GFP_KERNEL);
	volatile long distance = b - a;

	if (!a || !b)
		return -ENOMEM;
	memset(a, 'a', 64);
	memset(b, 'b', 64);
	a[distance] = 'X';
	pr_info("out_of_bounds: distance %ld, neighbour starts with %c\n", distance, b[0]);
	kfree(b);
	kfree(a);
	return 0;
}

static void __exit out_of_bounds_exit(void)
{
}

module_init(out_of_bounds_init);
module_exit(out_of_bounds_exit);
MODULE_LICENSE("GPL");
