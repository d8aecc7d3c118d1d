/* SPDX-License-Identifier: Apache-2.0 */
/* riscv keeps the running task's task_struct in tp. */
#ifndef _ASM_RISCV_CURRENT_H
#define _ASM_RISCV_CURRENT_H

#include <linux/compiler.h>

struct task_struct;

static __always_inline struct task_struct *get_current(void)
{
	struct task_struct *task;

	__asm__("mv %0, tp" : "=r"(task));
	return task;
}

#define current get_current()

#endif
