/* SPDX-License-Identifier: Apache-2.0 */
/* Uses what the module provider exports. */
#include <linux/module.h>

int provider_twice(int x);

static int __init consumer_init(void)
{
	pr_info("consumer: twice 21 is %d\n", provider_twice(21));
	return 0;
}

static void __exit consumer_exit(void)
{
}

module_init(consumer_init);
module_exit(consumer_exit);
MODULE_LICENSE("GPL");
