/* SPDX-License-Identifier: Apache-2.0 */
/* Exports functions for other modules. */
#include <linux/module.h>

int provider_twice(int x)
{
	return 2 * x;
}
EXPORT_SYMBOL(provider_twice);

int provider_secret(void)
{
	return 42;
}
EXPORT_SYMBOL_GPL(provider_secret);

static int __init provider_init(void)
{
	return 0;
}

static void __exit provider_exit(void)
{
}

module_init(provider_init);
module_exit(provider_exit);
MODULE_LICENSE("GPL");
