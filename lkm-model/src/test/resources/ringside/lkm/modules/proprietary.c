/* SPDX-License-Identifier: Apache-2.0 */
/* Not under the GPL, and wants a GPL-only symbol. */
#include <linux/module.h>

int provider_secret(void);

static int __init proprietary_init(void)
{
	return provider_secret() == 42 ? 0 : -EINVAL;
}

static void __exit proprietary_exit(void)
{
}

module_init(proprietary_init);
module_exit(proprietary_exit);
MODULE_LICENSE("Proprietary");
