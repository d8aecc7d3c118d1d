/* SPDX-License-Identifier: Apache-2.0 */
/* Open files and inodes. */
#ifndef _KERNEL_LINUX_FS_H
#define _KERNEL_LINUX_FS_H

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/path.h>
#include <linux/types.h>

#define FMODE_READ ((fmode_t)(1 << 0))
#define FMODE_WRITE ((fmode_t)(1 << 1))

struct file;
struct inode;
struct module;

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *, loff_t, int);
	ssize_t (*read)(struct file *, char *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char *, size_t, loff_t *);
	long (*unlocked_ioctl)(struct file *, unsigned int, unsigned long);
	int (*open)(struct inode *, struct file *);
	int (*release)(struct inode *, struct file *);
};

struct super_block {
	dev_t s_dev;
	unsigned long s_blocksize;
	unsigned long s_magic;
	struct dentry *s_root;
	char s_id[32];
};

struct inode {
	umode_t i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	dev_t i_rdev;
	loff_t i_size;
	atomic_t i_count;
	const struct file_operations *i_fop;
	void *i_private;
};

struct file {
	atomic_long_t f_count;
	fmode_t f_mode;
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	const struct cred *f_cred;
	struct path f_path;
	loff_t f_pos;
};

#endif
