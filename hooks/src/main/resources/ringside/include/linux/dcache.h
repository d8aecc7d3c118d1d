/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files. */
#ifndef _KERNEL_LINUX_DCACHE_H
#define _KERNEL_LINUX_DCACHE_H

#include <linux/types.h>

#define DNAME_INLINE_LEN 40

struct inode;

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	unsigned char d_iname[DNAME_INLINE_LEN];
	void *d_fsdata;
	struct list_head d_child;
	struct list_head d_subdirs;
};

#endif
