/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of parameter, printed as init finds it. */
#include <linux/module.h>

static int number = 7;
module_param(number, int, 0644);
MODULE_PARM_DESC(number, "a number");

static unsigned int count = 3;
module_param(count, uint, 0444);

static bool loud;
module_param(loud, bool, 0644);

static char *who = "nobody";
module_param(who, charp, 0444);
MODULE_PARM_DESC(who, "whom to greet");

static unsigned long mask = 0xff;
module_param(mask, ulong, 0);

static int list[4] = { 1, 2, 3, 4 };
static unsigned int listed;
module_param_array(list, int, &listed, 0444);

static char label[8] = "none";
module_param_string(label, label, sizeof(label), 0444);

static int __init params_init(void)
{
	pr_info("params: number=%d count=%u loud=%d who=%s mask=%lx label=%s\n", number, count,
		loud, who, mask, label);
	pr_info("params: list=%d,%d,%d,%d listed=%u\n", list[0], list[1], list[2], list[3], listed);
	return 0;
}

static void __exit params_exit(void)
{
}

module_init(params_init);
module_exit(params_exit);
MODULE_LICENSE("GPL");
