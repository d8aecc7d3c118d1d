/* SPDX-License-Identifier: Apache-2.0 */
/* The registers that a trap or a probe found. */
#ifndef _LINUX_PTRACE_H
#define _LINUX_PTRACE_H

#include <asm/ptrace.h>
#include <linux/types.h>

struct task_struct;

static inline unsigned long regs_return_value(struct pt_regs *regs)
{
	return regs->a0;
}

static inline void regs_set_return_value(struct pt_regs *regs, unsigned long val)
{
	regs->a0 = val;
}

static inline unsigned long instruction_pointer(struct pt_regs *regs)
{
	return regs->epc;
}

static inline void instruction_pointer_set(struct pt_regs *regs, unsigned long val)
{
	regs->epc = val;
}

static inline unsigned long kernel_stack_pointer(struct pt_regs *regs)
{
	return regs->sp;
}

static inline unsigned long user_stack_pointer(struct pt_regs *regs)
{
	return regs->sp;
}

/* The nth argument, counted from 0, of the function that was just entered. */
static inline unsigned long regs_get_kernel_argument(struct pt_regs *regs, unsigned int n)
{
	return n < 8 ? (&regs->a0)[n] : 0;
}

/* What the syscall entry saved, by argument. */
static inline void syscall_get_arguments(struct task_struct *task, struct pt_regs *regs,
					 unsigned long *args)
{
	args[0] = regs->orig_a0;
	args[1] = regs->a1;
	args[2] = regs->a2;
	args[3] = regs->a3;
	args[4] = regs->a4;
	args[5] = regs->a5;
}

#endif
