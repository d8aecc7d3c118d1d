/* SPDX-License-Identifier: Apache-2.0 */
/* A symbol that one module offers to others, as its __ksymtab section holds it. */
#ifndef _KERNEL_LINUX_EXPORT_H
#define _KERNEL_LINUX_EXPORT_H

struct kernel_symbol {
	unsigned long value;
	const char *name;
	const char *namespace;
};

/* What a module was built to expect of one symbol, as its __versions section holds it. */
struct modversion_info {
	unsigned long crc;
	char name[64 - sizeof(unsigned long)];
};

#endif
