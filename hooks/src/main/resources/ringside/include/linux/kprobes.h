/* SPDX-License-Identifier: Apache-2.0 */
/* Probes on kernel functions. */
#ifndef _KERNEL_LINUX_KPROBES_H
#define _KERNEL_LINUX_KPROBES_H

#include <asm/ptrace.h>
#include <linux/types.h>

struct kprobe;
struct kretprobe_instance;

typedef unsigned int kprobe_opcode_t;
typedef int (*kprobe_pre_handler_t)(struct kprobe *, struct pt_regs *);
typedef void (*kprobe_post_handler_t)(struct kprobe *, struct pt_regs *, unsigned long flags);
typedef int (*kretprobe_handler_t)(struct kretprobe_instance *, struct pt_regs *);

struct kprobe {
	struct hlist_node hlist;
	struct list_head list;
	unsigned long nmissed;
	kprobe_opcode_t *addr;
	const char *symbol_name;
	unsigned int offset;
	kprobe_pre_handler_t pre_handler;
	kprobe_post_handler_t post_handler;
	kprobe_opcode_t opcode;
	u32 flags;
};

struct kretprobe {
	struct kprobe kp;
	kretprobe_handler_t handler;
	kretprobe_handler_t entry_handler;
	int maxactive;
	int nmissed;
	size_t data_size;
};

struct kretprobe_instance {
	struct kretprobe *rp;
	unsigned long ret_addr;
	char data[];
};

#endif
