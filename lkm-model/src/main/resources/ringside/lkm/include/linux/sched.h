/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks. */
#ifndef _LINUX_SCHED_API_H
#define _LINUX_SCHED_API_H

#include <asm/current.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include_next <linux/sched.h>

extern struct task_struct init_task;

#define next_task(p) list_entry((p)->tasks.next, struct task_struct, tasks)
#define for_each_process(p) \
	for (p = &init_task; (p = next_task(p)) != &init_task;)

static inline pid_t task_pid_nr(struct task_struct *tsk)
{
	return tsk->pid;
}

static inline pid_t task_tgid_nr(struct task_struct *tsk)
{
	return tsk->tgid;
}

#define get_task_comm(buf, tsk) __get_task_comm(buf, sizeof(buf), tsk)
char *__get_task_comm(char *buf, size_t size, struct task_struct *tsk);

void schedule(void);
void yield(void);

#endif
