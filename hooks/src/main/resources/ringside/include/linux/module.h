/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded module. */
#ifndef _KERNEL_LINUX_MODULE_H
#define _KERNEL_LINUX_MODULE_H

#include <linux/types.h>

#define MODULE_NAME_LEN (64 - sizeof(unsigned long))

enum module_state {
	MODULE_STATE_LIVE,
	MODULE_STATE_COMING,
	MODULE_STATE_GOING,
	MODULE_STATE_UNFORMED,
};

struct module_memory {
	void *base;
	unsigned int size;
};

struct module {
	enum module_state state;
	struct list_head list;
	char name[MODULE_NAME_LEN];
	const char *version;
	const char *srcversion;
	int (*init)(void);
	struct module_memory mem[7];
	unsigned long taints;
	unsigned int num_syms;
	unsigned int num_kp;
	char *args;
	struct list_head source_list;
	struct list_head target_list;
	void (*exit)(void);
	atomic_t refcnt;
} __attribute__((__aligned__(64)));

#endif
