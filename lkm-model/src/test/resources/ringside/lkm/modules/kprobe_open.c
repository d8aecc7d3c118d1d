/* SPDX-License-Identifier: Apache-2.0 */
/* Counts entries into a kernel function that the parameter names. */
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol = "do_sys_openat2";
module_param(symbol, charp, 0444);

static unsigned long hits;

static int count_entry(struct kprobe *p, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static struct kprobe probe = { .pre_handler = count_entry };

static int __init kprobe_open_init(void)
{
	int err;

	probe.symbol_name = symbol;
	err = register_kprobe(&probe);
	if (err) {
		pr_err("kprobe_open: register_kprobe failed, returned %d\n", err);
		return err;
	}
	pr_info("kprobe_open: planted\n");
	return 0;
}

static void __exit kprobe_open_exit(void)
{
	unregister_kprobe(&probe);
	pr_info("kprobe_open: %lu hits\n", hits);
}

module_init(kprobe_open_init);
module_exit(kprobe_open_exit);
MODULE_LICENSE("GPL");
