/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_SYSCALLS_H
#define _LINUX_SYSCALLS_H

#include <linux/ptrace.h>
#include <linux/types.h>
#include <linux/unistd.h>

/* riscv's wrapped convention: a system call gets the caller's registers. */
typedef long (*syscall_t)(const struct pt_regs *);

#endif
