/* SPDX-License-Identifier: Apache-2.0 */
/* raw_syscalls:sys_enter and sys_exit. */
#ifndef _TRACE_EVENTS_SYSCALLS_H
#define _TRACE_EVENTS_SYSCALLS_H

#include <linux/ptrace.h>
#include <linux/tracepoint.h>

DECLARE_TRACE(sys_enter, PARAMS(struct pt_regs *regs, long id))
DECLARE_TRACE(sys_exit, PARAMS(struct pt_regs *regs, long ret))

#endif
