/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_KALLSYMS_H
#define _LINUX_KALLSYMS_H

#include <linux/types.h>

#define KSYM_NAME_LEN 512

/* Not exported to modules since 5.7: linking against it fails, as it should. */
unsigned long kallsyms_lookup_name(const char *name);
int sprint_symbol(char *buffer, unsigned long address);

#endif
