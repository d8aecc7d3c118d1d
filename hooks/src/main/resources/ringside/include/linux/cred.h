/* SPDX-License-Identifier: Apache-2.0 */
/* Who a task acts as. */
#ifndef _KERNEL_LINUX_CRED_H
#define _KERNEL_LINUX_CRED_H

#include <linux/types.h>
#include <linux/uidgid.h>

typedef struct {
	u64 val;
} kernel_cap_t;

struct cred {
	atomic_long_t usage;
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_bset;
	kernel_cap_t cap_ambient;
	void *security;
	struct callback_head rcu;
};

#endif
