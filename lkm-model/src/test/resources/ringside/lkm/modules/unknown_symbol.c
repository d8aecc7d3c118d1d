/* SPDX-License-Identifier: Apache-2.0 */
/* Calls what no kernel has. */
#include <linux/module.h>

void no_such_function(void);

static int __init unknown_symbol_init(void)
{
	no_such_function();
	return 0;
}

static void __exit unknown_symbol_exit(void)
{
}

module_init(unknown_symbol_init);
module_exit(unknown_symbol_exit);
MODULE_LICENSE("GPL");
