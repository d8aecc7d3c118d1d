/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_PANIC_H
#define _LINUX_PANIC_H

#include <linux/bug.h>
#include <linux/compiler.h>

void panic(const char *fmt, ...) __noreturn __printf(1, 2);

#endif
